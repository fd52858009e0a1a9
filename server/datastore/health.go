package datastore

// Stored returns why the last change of running could not be made durable, so
// that it was refused; nil if it could, or if there was none.
func (s *Store) Stored() error {
	if err := s.trouble.Load(); err != nil {
		return *err
	}
	return nil
}
