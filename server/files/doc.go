// Package files keeps configurations that operators name by URL (RFC 6241 section
// 8.8): in a folder of the appliance with the scheme file, and on the servers that
// the configuration names with the scheme https. The module mpk-security-files says
// what is permitted, and nothing else is reached.
//
// A request names a URL; whoever may run the operation may use it, within this policy,
// which only administrators change. A name of the folder never leads out of it,
// whatever links are in it and whoever changes them meanwhile. A server is reached
// directly, without the proxies that the environment names; it proves itself by its
// certificate; redirects are not followed; a URL with credentials is refused, because
// URLs are logged and kept. What is left is the name service: it decides which address
// a permitted name has, inside the operator's networks too, and the port there gets a
// TLS greeting before the certificate is found wanting.
//
// Nothing here holds a lock of a datastore.
package files
