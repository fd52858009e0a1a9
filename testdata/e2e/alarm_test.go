package e2e

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"
)

// raiseAlarms is step 5: a violation raises an alarm, counts in bins and crosses a
// threshold, and a controller that knows OpenROADM is told of each.
func raiseAlarms(t *testing.T, a *appliance) {
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, mpkSecurity(`<alarms xmlns="`+mpkNamespace+`-alarms"><config><clear-delay>1</clear-delay></config></alarms>`))
	a.waitAlarm(t, "") // of the step before
	clearPM(t, m)

	m.do(t, "create_subscription", args{"stream": "OPENROADM"})
	tell(t, ">>> m.create_subscription(stream_name='OPENROADM')\n<ok/>")
	alarms := a.gnmi().stream(t, "ON_CHANGE", "/mpk-security/alarms/active-alarms")
	bins := a.gnmi().stream(t, "SAMPLE sample_interval: 1000000000", "/mpk-security/performance-monitoring/current-pm-list/current-pm"+faultsOf)
	other := a.openNcclient(t, admin, a.password) // the subscriber reads notifications alone
	other.commit(t, threshold("<high-value>1</high-value><severity>CRITICAL</severity><raise-alarm>true</raise-alarm>"))
	changed := waitNotification(t, m, "change-notification")
	if !strings.Contains(changed, "<username>admin</username>") || !strings.Contains(changed, "thresholds") || !strings.Contains(changed, "<datastore>running</datastore>") {
		t.Errorf("the change was told as %s", changed)
	}
	a.trespass(t)

	t.Run("notifications", func(t *testing.T) {
		a.checkSupervision(t, m)
	})
	t.Run("streamed", func(t *testing.T) {
		u := next(t, a.machine, alarms, "service:dashboard:security-violation/severity")
		tell(t, "streamed: %s, %s", u.path, u.value)
		for next(t, a.machine, bins, "UNTIMED/value").value != "1" {
		}
		tell(t, "sampled: 1 fault since the bins were cleared")
	})
	t.Run("cleared", func(t *testing.T) {
		n := waitAlarmNotification(t, m, "service:dashboard:security-violation")
		if n.Severity != "CLEAR" {
			t.Errorf("the alarm is told as %+v; want it cleared", n)
		}
		clearPM(t, other)
		if n := waitAlarmNotification(t, m, "service:dashboard:threshold-crossed:faults:UNTIMED"); n.Severity != "CLEAR" {
			t.Errorf("after clear-pm the alarm is told as %+v", n)
		}
		at := "/mpk-security/performance-monitoring/current-pm-list/current-pm" + faultsOf + "/measurement"
		for path, value := range a.gnmi().get(t, at) {
			if strings.HasSuffix(path, "/value") && value != "0" {
				t.Errorf("after clear-pm %s is %s", path, value)
			}
		}
	})
	other.commit(t, mpkSecurity(`<thresholds xmlns="`+mpkNamespace+`-anomaly"><threshold xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" `+
		`nc:operation="delete"><name>faults</name></threshold></thresholds>`))
}

const faultsOf = "[resource-type=SERVICE][resource=dashboard][type=PROTECTION_KEY_FAULTS]"

// threshold is the configuration of one on the dashboard's faults.
func threshold(values string) string {
	return mpkSecurity(`<thresholds xmlns="` + mpkNamespace + `-anomaly"><threshold><name>faults</name><config><name>faults</name>` +
		`<measurement>PROTECTION_KEY_FAULTS</measurement><granularity>UNTIMED</granularity><resource-type>SERVICE</resource-type><resource>dashboard</resource>` +
		values + `</config></threshold></thresholds>`)
}

// clearPM begins all bins of the dashboard anew.
func clearPM(t *testing.T, m *ncclient) {
	t.Helper()
	const operation = `<clear-pm xmlns="` + mpkNamespace + `-pm"><resource-type>SERVICE</resource-type><resource>dashboard</resource></clear-pm>`
	tell(t, ">>> m.dispatch(to_ele('''\n%s'''))", pretty(operation))
	if reply := call[string](t, m, "dispatch", args{"operation": operation}); !strings.Contains(reply, "<ok/>") {
		t.Errorf("clear-pm was answered %s", reply)
	}
}

// waitAlarm waits until the dashboard's alarm of violations has that severity;
// "" is none.
func (a *appliance) waitAlarm(t *testing.T, severity string) {
	t.Helper()
	const id = "service:dashboard:security-violation"
	a.eventually(t, 10*time.Second, func() error {
		leaves, err := a.gnmi().tryGet(t, "/mpk-security/alarms")
		if err != nil {
			return err
		}
		if got := leaves["mpk-security/alarms/active-alarms/active-alarm/"+id+"/severity"]; got != severity {
			return fmt.Errorf("alarm %s has the severity %q; want %q", id, got, severity)
		}
		return nil
	})
}

// alarmNotification is what one says.
type alarmNotification struct {
	ID          string `xml:"alarm-notification>id"`
	Resource    string `xml:"alarm-notification>resource"`
	Severity    string `xml:"alarm-notification>severity"`
	Occurrences uint64 `xml:"alarm-notification>occurrences"`
	Extension   string `xml:"alarm-notification>probable-cause>extension"`
}

func readAlarm(t *testing.T, text string) (n alarmNotification) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatalf("read %s: %v", text, err)
	}
	return n
}

// checkSupervision wants the alarm of the violation, the crossing, and its alarm,
// in whatever order.
func (a *appliance) checkSupervision(t *testing.T, m *ncclient) {
	t.Helper()
	const crossed = "service:dashboard:threshold-crossed:faults:UNTIMED"
	wanted := map[string]bool{"alarm": true, "crossing": true, "its alarm": true}
	for len(wanted) > 0 {
		text := waitNotification(t, m, "alarm-notification", "threshold-crossing")
		tell(t, ">>> m.take_notification()\n%s", pretty(text))
		n := readAlarm(t, text)
		switch {
		case n == alarmNotification{ID: "service:dashboard:security-violation", Resource: "dashboard", Severity: "MAJOR", Occurrences: 1, Extension: "protection-key-fault"}:
			delete(wanted, "alarm")
		case n.ID == crossed && n.Severity == "CRITICAL":
			delete(wanted, "its alarm")
		case strings.Contains(text, "<threshold>faults</threshold>") && strings.Contains(text, "<value>1</value>"):
			delete(wanted, "crossing")
		default:
			t.Errorf("told was %s", text)
		}
	}
}

// waitAlarmNotification takes notifications until one is of that alarm.
func waitAlarmNotification(t *testing.T, m *ncclient, id string) alarmNotification {
	t.Helper()
	for {
		if n := readAlarm(t, waitNotification(t, m, "alarm-notification")); n.ID == id {
			return n
		}
	}
}

// waitNotification takes notifications until one has one of these names.
func waitNotification(t *testing.T, m *ncclient, names ...string) string {
	t.Helper()
	deadline := time.Now().Add(m.m.within(20 * time.Second))
	for time.Now().Before(deadline) {
		text := call[string](t, m, "take_notification", args{"timeout": time.Until(deadline).Seconds()})
		for _, name := range names {
			if strings.Contains(text, "<"+name+" ") {
				return text
			}
		}
	}
	t.Fatalf("no notification %v came", names)
	return ""
}
