// Package enforcement is what the appliance does to workloads: it turns every
// commit into the policy pages that gates obey, lets host processes attach, scans
// their code, and keeps account of what their gates permitted and refused.
package enforcement
