package access

import (
	"fmt"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Check returns what forbids the step from one configuration to the next beyond
// what the models say: a credential that nobody could sign in with, a rule of
// access control whose path leads nowhere, and the loss of the last
// administrator, after which nobody could repair the appliance. A configuration
// that never had one may stay so.
func Check(old, next *tree.Tree) []*tree.Error {
	m := newModel(next.Schema())
	return append(m.checkUsers(old, next), m.checkRules(old, next)...)
}

func (m *model) checkUsers(old, next *tree.Tree) []*tree.Error {
	before, after := m.usersIn(old.Root()), m.usersIn(next.Root())
	if before == after {
		return nil
	}
	var errs []*tree.Error
	for entry := range m.all(after) {
		config, _ := entry.Child(m.config).(*tree.Container)
		if config != nil && config != m.configOf(before, m.nameOf(entry)) {
			errs = append(errs, m.checkCredentials(entry, config)...)
		}
	}
	if len(errs) == 0 && m.hasAdministrator(before) && !m.hasAdministrator(after) {
		errs = append(errs, &tree.Error{
			Tag: tree.TagOperationFailed, AppTag: "must-violation", Path: m.usersPath(),
			Message: "no administrator could sign in any more: leave a user with the role ADMINISTRATOR and a password-hash or an authorized-key",
		})
	}
	return errs
}

func (m *model) nameOf(user *tree.Container) string { return user.Keys()[0].String() }

func (m *model) usersPath() tree.Path {
	return tree.Path{{Node: m.top}, {Node: m.system}, {Node: m.users}}
}

func (m *model) checkCredentials(user, config *tree.Container) (errs []*tree.Error) {
	at := append(m.usersPath(), schema.PathStep{Node: m.user, Keys: user.Keys()}, schema.PathStep{Node: m.config})
	refuse := func(step schema.PathStep, reason error) {
		errs = append(errs, &tree.Error{
			Tag: tree.TagInvalidValue, Path: append(at[:len(at):len(at)], step),
			Message: reason.Error() + "; nobody could sign in with it",
		})
	}
	if hash, ok := config.Child(m.passwordHash).(*tree.Leaf); ok {
		if _, err := parsePHC(hash.Value().String()); err != nil {
			refuse(schema.PathStep{Node: m.passwordHash}, err)
		}
	}
	if keys, ok := config.Child(m.authorizedKey).(*tree.LeafList); ok {
		for k := range keys.All() {
			if _, err := parseKey(k.Value().String()); err != nil {
				value := k.Value()
				refuse(schema.PathStep{Node: m.authorizedKey, Value: &value}, err)
			}
		}
	}
	return errs
}

// parseKey reads a line of authorized_keys. Lines with options are refused: a
// restriction that is not enforced must not read as a permission.
func parseKey(line string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		return nil, fmt.Errorf("this is no public key in the form of authorized_keys: %w", err)
	case len(options) > 0:
		return nil, fmt.Errorf("options of a public key (%s) are not supported", options[0])
	case len(rest) > 0:
		return nil, fmt.Errorf("a line follows the public key; give each an entry of its own")
	}
	return key, nil
}

// hasAdministrator says whether somebody of that role has a credential.
func (m *model) hasAdministrator(users *tree.Container) bool {
	for entry := range m.all(users) {
		config, ok := entry.Child(m.config).(*tree.Container)
		if !ok || config.Child(m.passwordHash) == nil && config.Child(m.authorizedKey) == nil {
			continue
		}
		if role, ok := config.Child(m.role).(*tree.Leaf); ok && parseRole(role.Value().String()) == Administrator {
			return true
		}
	}
	return false
}
