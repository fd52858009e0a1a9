package netconf

import "testing"

// FuzzMessages holds that nothing a server says is more than an error.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		hello10, hello11, reply(1, "<ok/>"), reply(2, "<data><a xmlns='urn:a'>x</a></data>"),
		`<rpc-reply` + space + `><rpc-error><error-type>rpc</error-type><error-tag>malformed-message</error-tag><error-severity>error</error-severity></rpc-error></rpc-reply>`,
		reply(3, `<rpc-error><error-tag>lock-denied</error-tag><error-path>/a</error-path><error-info><session-id>4</session-id></error-info></rpc-error>`),
		`<notification xmlns="` + notificationSpace + `"><eventTime>2026-11-25T12:00:00Z</eventTime><a xmlns="urn:a"/></notification>`,
		`<rpc-reply xmlns="` + notificationSpace + `"/>`, `<!DOCTYPE a>`, "\xff\xfe", ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if h, err := parseHello(text); err == nil && (h.session == 0 || len(h.capabilities) == 0) {
			t.Errorf("hello %+v", h)
		}
		m, err := parseMessage(text)
		if err != nil {
			return
		}
		if (m.reply == nil) == (m.notification == nil) {
			t.Errorf("neither or both of reply and notification: %+v", m)
		}
		if m.reply != nil {
			if err := refusal(m.reply); err != nil && err.Error() == "" {
				t.Error("a refusal that says nothing")
			}
		}
	})
}
