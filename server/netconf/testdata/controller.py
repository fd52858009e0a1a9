"""Drives the server with ncclient: HOST PORT USER, the password in NETCONF_PASSWORD."""
import os
import sys

from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele, to_xml

MPK = "https://mpk-security.optical.net/yang/mpk-security"
FILTER = '<mpk-security xmlns="%s"><transitions/></mpk-security>' % MPK
COMPARE = (
    '<compare xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">'
    "<source>ds:running</source><target>ds:candidate</target></compare>"
)
NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'


def transition(source, target, action):
    return (
        '<nc:config %s><mpk-security xmlns="%s"><transitions><transition>'
        "<source>%s</source><target>%s</target><config><source>%s</source>"
        "<target>%s</target><action>%s</action></config></transition></transitions>"
        "</mpk-security></nc:config>" % (NC, MPK, source, target, source, target, action)
    )


def description(text):
    return (
        '<nc:config %s><mpk-security xmlns="%s"><domains><domain><name>key-store</name>'
        "<config><description>%s</description></config></domain></domains></mpk-security>"
        "</nc:config>" % (NC, MPK, text)
    )


def connect():
    return manager.connect(
        host=sys.argv[1], port=int(sys.argv[2]), username=sys.argv[3],
        password=os.environ["NETCONF_PASSWORD"], hostkey_verify=False,
        allow_agent=False, look_for_keys=False, timeout=30,
    )


with connect() as m:
    assert ":candidate" in m.server_capabilities
    assert any("module=mpk-security&" in c for c in m.server_capabilities)

    text = m.get_schema("mpk-security").data
    assert text.startswith("module mpk-security {"), text[:80]

    assert "dashboard" in to_xml(m.get_config("running", filter=("subtree", FILTER)).data)

    with m.locked("candidate"):
        m.edit_config(target="candidate", config=transition("key-store", "dashboard", "DENY"))
        m.validate("candidate")
        m.commit()
    after = to_xml(m.get_config("running", filter=("subtree", FILTER)).data)
    assert "DENY" in after, after

    try:
        m.edit_config(target="candidate", config=transition("key-store", "nobody", "DENY"))
        m.commit()
        raise SystemExit("a transition to an unknown domain was committed")
    except RPCError as e:
        assert e.tag == "data-missing", e.tag
        assert "nobody" in e.message, e.message
        assert "transition" in e.path, e.path
    m.discard_changes()

    everything = m.get_config("running", filter=("xpath", "//domain[name='dashboard']"), with_defaults="report-all-tagged")
    assert "IN_SERVICE" in to_xml(everything.data), to_xml(everything.data)

    before = to_xml(m.get_config("running").data)
    with connect() as other:
        other.edit_config(target="candidate", config=transition("key-store", "dashboard", "PERMIT"))
        other.commit(confirmed=True, timeout="600")
        try:
            m.edit_config(target="running", config=description("in the way"))
            raise SystemExit("running was changed while a confirmed commit of another session waits")
        except RPCError as e:
            assert e.tag == "in-use", e.tag
        other.cancel_commit()
        assert to_xml(m.get_config("running").data) == before
        other.edit_config(target="candidate", config=transition("key-store", "dashboard", "PERMIT"))
        other.commit(confirmed=True, timeout="600", persist="word")
    m.commit(persist_id="word")
    m.copy_config(source="running", target="candidate")
    assert to_xml(m.get_config("running").data) != before

    with connect() as other, m.locked("running"):
        try:
            other.lock("running")
            raise SystemExit("a lock was given twice")
        except RPCError as e:
            assert e.tag == "lock-denied", e.tag
            assert m.session_id in e.info, e.info

    assert any(c.endswith("capability:url:1.0?scheme=file") for c in m.server_capabilities)
    m.copy_config(source="running", target="file:///kept.xml")
    m.edit_config(target="candidate", config=description("not kept"))
    assert "not kept" in m.rpc(to_ele(COMPARE)).xml
    m.copy_config(source="file:///kept.xml", target="candidate")
    assert "not kept" not in m.rpc(to_ele(COMPARE)).xml
    m.delete_config("file:///kept.xml")
    try:
        m.copy_config(source="file:///kept.xml", target="candidate")
        raise SystemExit("a file that was deleted was read")
    except RPCError as e:
        assert e.tag == "data-missing", e.tag
    m.discard_changes()

    m.create_subscription()
    m.edit_config(target="running", config=description("provoke"))
    n = m.take_notification(timeout=30)
    assert n is not None and "transition-denied" in n.notification_xml, n


def replayed(session, start, **with_options):
    """Returns the notifications from start to the end of the replay."""
    session.create_subscription(start_time=start, **with_options)
    found = []
    while not found or "replayComplete" not in found[-1]:
        n = session.take_notification(timeout=30)
        assert n is not None, found
        found.append(n.notification_xml)
    return found


with connect() as m:
    found = replayed(m, "2000-01-01T00:00:00Z", stream_name="OPENROADM")
    changes = [n for n in found if "netconf-config-change" in n]
    assert any("mpk:source='key-store'" in n and "<operation>create<" in n for n in changes), found
    assert any("netconf-session-start" in n for n in found), found


def establish(session, content):
    """Makes a subscription of RFC 8639 and returns its number."""
    reply = session.dispatch(to_ele(
        '<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"'
        ' xmlns:yp="urn:ietf:params:xml:ns:yang:ietf-yang-push"'
        ' xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">%s</establish-subscription>' % content))
    return to_ele(reply.xml)[0].text


with connect() as m:
    events = establish(m, "<stream>NETCONF</stream><stream-xpath-filter>violation</stream-xpath-filter>")
    changes = establish(
        m, "<yp:datastore>ds:running</yp:datastore>"
        "<yp:datastore-xpath-filter>//domain[name='key-store']</yp:datastore-xpath-filter><yp:on-change/>")
    assert events != changes, events
    n = m.take_notification(timeout=30)
    assert n is not None and "push-update" in n.notification_xml, n
    m.edit_config(target="running", config=description("told twice, for it does provoke"))
    told = [m.take_notification(timeout=30).notification_xml for _ in range(2)]
    assert any("transition-denied" in n for n in told), told
    assert any("<patch-id>1<" in n and "told twice" in n for n in told), told
    try:
        establish(m, "<yp:datastore>ds:candidate</yp:datastore><yp:on-change/>")
        raise SystemExit("a subscription was made to the candidate")
    except RPCError as e:
        assert e.app_tag == "ietf-yang-push:datastore-not-subscribable", e.app_tag
        assert "establish-subscription-datastore-error-info" in e.info, e.info

print("ok")
