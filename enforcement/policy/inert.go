package policy

// inert lists the configuration leafs that no Plan depends on, and why. Every
// other leaf of mpk-security must change a Plan when it changes.
var inert = map[string]string{
	"/mpk-security:mpk-security/system/config/name":                                   "it names the appliance to people",
	"/mpk-security:mpk-security/system/mpk-security-history:history/config/revisions": "the datastore keeps them",
	"/mpk-security:mpk-security/system/users/user/config/name":                        "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/role":                        "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/authorized-key":              "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/password-hash":               "users are access control's",
	"/mpk-security:mpk-security/domains/domain/config/description":                    "it is for people",
	"/mpk-security:mpk-security/services/service/config/description":                  "it is for people",
	"/mpk-security:mpk-security/channels/channel/config/description":                  "it is for people",
	"/mpk-security:mpk-security/channels/channel/config/lifecycle-state":              "it is the operator's word",
	"/mpk-security:mpk-security/domains/domain/config/lifecycle-state":                "it decides on alarms, which are telemetry's",
	"/mpk-security:mpk-security/services/service/config/lifecycle-state":              "it decides on alarms, which are telemetry's",
	"/mpk-security:mpk-security/transitions/transition/config/lifecycle-state":        "it decides on alarms, which are telemetry's",
}

// inertModules lists the modules none of whose leafs any Plan depends on, and why.
var inertModules = map[string]string{
	"mpk-security-alarms":  "what is an alarm is telemetry's concern",
	"mpk-security-anomaly": "what is an anomaly is telemetry's concern",
	"mpk-security-files":   "which URLs name configurations is the protocols' concern",
	"mpk-security-server":  "how the appliance is reached is its endpoints' concern",
}
