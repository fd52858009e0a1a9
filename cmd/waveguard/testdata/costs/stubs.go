package main

func idleRole(args []string, out *answers) error     { return nil }
func hostRole(args []string, out *answers) error     { return nil }
func workloadRole(args []string, out *answers) error { return nil }
func partRole(args []string, out *answers) error     { return nil }
