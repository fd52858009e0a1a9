package main

import (
	"fmt"
	"os"
)

// hosts is how many services there are to attach without calling, as h000, h001, ...
const hosts = 64

type object = map[string]any

// policy collects the entries of a configuration.
type policy struct {
	nextID                        int
	domains, services, transition []object
}

func thePolicy() object {
	p := &policy{nextID: 100}
	for _, kind := range []string{"go", "c"} {
		p.add(kind + "-caller")
		for _, path := range []string{"fast", "slow"} {
			p.add(kind + "-" + path)
			p.permit(kind+"-caller", kind+"-"+path, path == "fast")
		}
	}
	for _, path := range []string{"fast", "slow"} {
		for _, name := range []string{"operator", "paths", "wavelengths"} {
			p.add(path + "-" + name)
		}
		p.permit(path+"-operator", path+"-paths", path == "fast")
		p.permit(path+"-operator", path+"-wavelengths", path == "fast")
	}
	for i := range hosts {
		p.add(hostName(i))
	}
	for i := range hosts {
		p.permit(hostName(i), hostName((i+1)%hosts), true)
	}
	return object{"mpk-security:mpk-security": object{
		"domains":     object{"domain": p.domains},
		"services":    object{"service": p.services},
		"transitions": object{"transition": p.transition},
	}}
}

func hostName(i int) string { return fmt.Sprintf("h%03d", i) }

// add adds a domain and the service that lives in it, of the same name.
func (p *policy) add(name string) {
	p.domains = append(p.domains, object{
		"name": name, "config": object{"name": name, "id": p.nextID, "privilege-level": "MEDIUM"},
	})
	p.nextID++
	p.services = append(p.services, object{
		"name": name, "config": object{"name": name, "domain": name, "uid": os.Getuid()},
	})
}

func (p *policy) permit(source, target string, fast bool) {
	p.transition = append(p.transition, object{
		"source": source, "target": target,
		"config": object{"source": source, "target": target, "action": "PERMIT", "fast-path": fast},
	})
}
