"""Drives one ncclient session: session.py HOST PORT USER TIMEOUT [CAPABILITY ...], password in NETCONF_PASSWORD.

The capabilities are said in hello besides ncclient's own.

Each line of input is a call in JSON, {"call": NAME, ...arguments}; each is answered
by a line {"result": ...}, or {"errors": [...]} with what the server's rpc-errors say,
or {"failure": ...} if there was no answer. The first line tells how connecting went.
"""
import json
import os
import sys

from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele, to_xml

MONITORING = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
NC = "urn:ietf:params:xml:ns:netconf:base:1.0"


def wrap(content):
    return '<nc:config xmlns:nc="%s">%s</nc:config>' % (NC, content)


class Calls:
    def __init__(self, session):
        self.session = session

    def capabilities(self):
        return sorted(self.session.server_capabilities)

    def schemas(self):
        """Lists [identifier, version] of all schemas (RFC 6022)."""
        wanted = '<netconf-state xmlns="%s"><schemas/></netconf-state>' % MONITORING
        state = self.session.get(filter=("subtree", wanted)).data
        ns = {"m": MONITORING}
        return [
            [s.findtext("m:identifier", namespaces=ns), s.findtext("m:version", namespaces=ns)]
            for s in state.iterfind(".//m:schema", ns)
        ]

    def get_schema(self, identifier, version):
        return self.session.get_schema(identifier, version).data

    def get_config(self, source, subtree=None):
        filter = ("subtree", subtree) if subtree else None
        return to_xml(self.session.get_config(source, filter=filter).data)

    def edit_config(self, target, config):
        self.session.edit_config(target=target, config=wrap(config))

    def validate(self, source):
        self.session.validate(source)

    def commit(self):
        self.session.commit()

    def dispatch(self, operation):
        """Performs an operation of any module."""
        return self.session.dispatch(to_ele(operation)).xml

    def discard_changes(self):
        self.session.discard_changes()

    def copy_config(self, source, target):
        self.session.copy_config(source, target)

    def dispatch(self, operation):
        """Sends an operation in XML that ncclient has no method for."""
        return self.session.dispatch(to_ele(operation)).xml

    def create_subscription(self, stream=None, start=None):
        self.session.create_subscription(stream_name=stream, start_time=start)

    def take_notification(self, timeout):
        n = self.session.take_notification(timeout=timeout)
        return n and n.notification_xml


def tell(answer):
    print(json.dumps(answer), flush=True)


def words(error):
    return {
        "type": error.type, "tag": error.tag, "app-tag": error.app_tag or "",
        "path": (error.path or "").strip(), "message": (error.message or "").strip(),
    }


def answer(calls, request):
    name = request.pop("call")
    try:
        return {"result": getattr(calls, name)(**request)}
    except RPCError as e:
        return {"errors": [words(one) for one in e.errlist or [e]]}
    except Exception as e:  # the test decides what to make of it
        return {"failure": "%s: %s" % (type(e).__name__, e)}


def main(host, port, user, timeout, *capabilities):
    try:
        session = manager.connect(
            host=host, port=int(port), username=user, password=os.environ["NETCONF_PASSWORD"],
            hostkey_verify=False, allow_agent=False, look_for_keys=False, timeout=float(timeout),
            nc_params={"capabilities": list(capabilities)},
        )
    except Exception as e:
        tell({"failure": "%s: %s" % (type(e).__name__, e)})
        return
    with session:
        session.timeout = float(timeout)
        tell({"result": session.session_id})
        calls = Calls(session)
        for line in sys.stdin:
            tell(answer(calls, json.loads(line)))


main(*sys.argv[1:])
