package policy

// inert lists the configuration leafs that no Plan depends on, and why. Every
// other leaf of mpk-security must change a Plan when it changes.
var inert = map[string]string{
	"/mpk-security:mpk-security/system/config/name":                            "it names the appliance to people",
	"/mpk-security:mpk-security/system/users/user/config/name":                 "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/role":                 "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/authorized-key":       "users are access control's",
	"/mpk-security:mpk-security/system/users/user/config/password-hash":        "users are access control's",
	"/mpk-security:mpk-security/domains/domain/config/description":             "it is for people",
	"/mpk-security:mpk-security/services/service/config/description":           "it is for people",
	"/mpk-security:mpk-security/domains/domain/config/lifecycle-state":         "it decides on alarms, which are telemetry's",
	"/mpk-security:mpk-security/services/service/config/lifecycle-state":       "it decides on alarms, which are telemetry's",
	"/mpk-security:mpk-security/transitions/transition/config/lifecycle-state": "it decides on alarms, which are telemetry's",

	"/mpk-security:mpk-security/mpk-security-alarms:alarms/config/violation-severity":           "alarms are telemetry's",
	"/mpk-security:mpk-security/mpk-security-alarms:alarms/config/raise-delay":                  "alarms are telemetry's",
	"/mpk-security:mpk-security/mpk-security-alarms:alarms/config/clear-delay":                  "alarms are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/name":          "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/enabled":       "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/measurement":   "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/granularity":   "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/resource-type": "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/resource":      "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/high-value":    "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/low-value":     "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/clear-value":   "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/severity":      "thresholds are telemetry's",
	"/mpk-security:mpk-security/mpk-security-anomaly:thresholds/threshold/config/raise-alarm":   "thresholds are telemetry's",
}
