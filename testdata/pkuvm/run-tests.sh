#!/bin/sh
# Run in the guest: runs the test binary of each package listed in
# /src/packages, in that package's folder, and says the result as go test does.
status=0
while read -r package dir; do
	cd "/src/$dir" || exit
	read -r begin _ </proc/uptime
	result='ok  '
	./package.test -test.paniconexit0 -test.timeout=8m "$@" </dev/null 2>&1 || {
		result=FAIL
		status=1
	}
	read -r end _ </proc/uptime
	seconds=$(awk "BEGIN { printf \"%.3f\", $end - $begin }")
	printf '%s\t%s\t%ss\n' "$result" "$package" "$seconds"
done </src/packages
[ "$status" -eq 0 ] || echo FAIL
exit "$status"
