package demo

// script is what to try, for copy and paste into a shell. What stands between
// at signs is filled in.
const script = `
# 1. Look at it; then at its models and policy over NETCONF (ncclient is in package python3-ncclient).
@STATUS@
@TRANSITIONS@
python3 - <<'END'
from ncclient import manager
password = open("@PASSWORD@").readline().strip()
with manager.connect(host="@HOST@", port=@PORT@, username="@USER@", password=password,
                     hostkey_verify=False, allow_agent=False, look_for_keys=False) as m:
    print(m.get_schema("mpk-security"))
    print(m.get_config("running"))
END
#    NETCONF by hand:
ssh -p @PORT@ -s @USER@@@HOST@ netconf

# 2. Deny dashboard -> performance-monitoring: its next call is refused. Over NETCONF:
python3 - <<'END'
from ncclient import manager
password = open("@PASSWORD@").readline().strip()
with manager.connect(host="@HOST@", port=@PORT@, username="@USER@", password=password,
                     hostkey_verify=False, allow_agent=False, look_for_keys=False) as m:
    m.edit_config(target="candidate", config="""
      <config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
        <mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">
          <transitions><transition>
            <source>dashboard</source><target>performance-monitoring</target>
            <config><source>dashboard</source><target>performance-monitoring</target><action>DENY</action></config>
          </transition></transitions>
        </mpk-security>
      </config>""")
    m.commit()
END
#    The same in one line:
@DENY@

# 3. See refusals as they happen, and sampled counters; with gnmi_cli from this checkout, too.
@WATCH@
GNMI_USER=@USER@ GNMI_PASS="$(head -n 1 @PASSWORD@)" go tool gnmi_cli -with_user_pass -address @GNMI@ -ca_crt @CERTIFICATE@ \
  -display_type single -proto 'subscribe { prefix {} mode: STREAM encoding: PROTO subscription { mode: ON_CHANGE path {
    elem { name: "mpk-security" } elem { name: "transitions" }
    elem { name: "transition" key { key: "source" value: "dashboard" } key { key: "target" value: "performance-monitoring" } }
    elem { name: "state" } elem { name: "counters" } elem { name: "denied" } } } }'
#    See who changed what, and permit the calls again by going back one revision:
@HISTORY@
@ROLLBACK@

# 4. Let the dashboard read the key store's memory without a gate.
@VIOLATE@
@NODE@

# 5. Try what makes no sense: it is refused, and nothing changes.
@TYPO@

# 6. Kill the daemon: the services go on. Start it again: they attach again.
kill -9 @PID@
@DAEMON@
`
