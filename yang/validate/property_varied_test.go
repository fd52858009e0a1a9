package validate_test

import (
	"math/rand/v2"
	"strings"
)

// varied has what expressions and conditions can do: conditions on what other
// conditions govern, choices within choices, augments, the functions of YANG.
const varied = `module x {
  yang-version 1.1; namespace urn:x; prefix x;
  identity animal; identity bird { base animal; } identity hen { base bird; } identity fish { base animal; }
  grouping leg { leaf len { type uint8; default 2; } leaf toe { when "../len > 1"; type uint8; } }
  container top {
    leaf kind { type identityref { base animal; } default bird; }
    leaf wing { when "derived-from-or-self(../kind, 'bird')"; type uint8; default 1; }
    leaf feather { when "../wing > 0"; type uint8; }
    leaf-list color { when "../feather"; ordered-by user; type string; must "re-match(., '[0-2]')" { error-app-tag hue; } }
    leaf dominant { type string; must ". = ../color[1]"; }
    leaf ports { type uint8; must "count(../a//port) <= . + 1"; }
    leaf around { type uint8; must "not(preceding-sibling::wing = .) and ancestor::top/kind and ../*[. = current()]"; }
    leaf through { type uint8; must "not(deref(../b/which) = .)"; must "count(//n | //id) < 8"; }
    leaf start { type uint8; must "/top/chain[1]/n = . or not(../chain[2])"; }
    container nest { when "../color"; presence "built"; leaf egg { type uint8; } uses leg { when "egg != 3"; } }
    list chain {
      key n; ordered-by user;
      leaf n { type uint8; }
      leaf prev { type uint8; }
      leaf ref { when "not(../prev) or ../../chain[n = current()/../prev]"; type leafref { path "../../chain/n"; } }
      leaf far { type leafref { path "../../chain/n"; require-instance false; } must "not(deref(.)/../prev) or deref(.)/../prev != ."; }
    }
    leaf last { type leafref { path "../chain/n"; } must "not(deref(.)/../ref)"; }
    choice way {
      default road;
      case road {
        leaf lane { type uint8; default 2; }
        choice surface { leaf gravel { type uint8; } case tar { leaf thick { type uint8; mandatory true; } leaf wide { type uint8; default 1; } } }
      }
      case rail { when "kind != 'fish'"; container rail { leaf gauge { type uint8; mandatory true; } leaf-list stop { type uint8; min-elements 1; } } }
      leaf sea { when "../kind = 'fish'"; type uint8; }
    }
    leaf slow { when "../lane < 3"; type uint8; must ". <= sum(../lane) + count(/top/chain)"; }
    container a {
      list node { key id; leaf id { type uint8; }
        list port { key p; leaf p { type uint8; } leaf peer { type leafref { path "../../../node[id = current()/../on]/port/p"; } } leaf on { type leafref { path "../../../node/id"; } }
          leaf mate { type leafref { path "../../../../b/link[from = current()/../../id]/port"; } } }
      }
    }
    container b {
      list link { key "from to"; leaf from { type leafref { path "/x:top/x:a/x:node/x:id"; } } leaf to { type uint8; }
        leaf port { type leafref { path "/x:top/x:a/x:node[x:id = current()/../from]/x:port/x:p"; } default 1; }
        leaf kind { type string; must "/top/a/node[id = current()/../to] or . = '0'"; }
      }
      leaf-list usual { type uint8; default 1; default 2; }
      leaf which { type instance-identifier; }
    }
  }
}`

const augmenting = `module y {
  yang-version 1.1; namespace urn:y; prefix y; import x { prefix x; }
  augment /x:top/x:a/x:node { when "../../x:kind = 'x:hen'"; leaf extra { type uint8; default 1; } container more { leaf need { type uint8; mandatory true; } leaf deep { when "../../extra = 1"; type uint8; } } }
  augment /x:top { leaf sums { type uint8; must ". >= sum(../x:a/x:node/y:extra)"; } }
  augment /x:top/x:way { case air { leaf air { type uint8; } leaf height { when "../air"; type uint8; default 3; } } }
}`

func variedOps(r *rand.Rand) []op {
	if r.IntN(300) == 0 {
		return ops(r, "-/x:top")
	}
	leafs := []string{
		"wing", "feather", "nest/egg", "nest/len", "nest/toe", "chain[n='@']/prev", "chain[n='@']/ref", "chain[n='@']/far", "last",
		"dominant", "start", "ports", "around", "through", "lane", "gravel", "thick", "wide", "rail/gauge", "sea", "slow", "y:sums", "y:air", "y:height",
		"a/node[id='@']/port[p='@']/peer", "a/node[id='@']/port[p='@']/on", "a/node[id='@']/port[p='@']/mate",
		"a/node[id='@']/y:extra", "a/node[id='@']/y:more/need", "a/node[id='@']/y:more/deep",
		"b/link[from='@'][to='@']/port", "b/link[from='@'][to='@']/kind",
	}
	others := []string{
		"color[.='@']", "nest", "chain[n='@']", "rail/stop[.='@']", "a/node[id='@']", "a/node[id='@']/port[p='@']", "b/link[from='@'][to='@']", "b/usual[.='@']",
	}
	leaf := "/x:top/" + leafs[r.IntN(len(leafs))]
	other := "/x:top/" + others[r.IntN(len(others))]
	kinds := []string{"bird", "hen", "fish"}
	return pick(r, [][]string{
		{leaf + " @"},
		{leaf + " @"},
		{"-" + leaf},
		{other},
		{"-" + other},
		{"/x:top/kind x:" + kinds[r.IntN(3)]},
		{"/x:top/kind x:hen", "/x:top/feather 1", "/x:top/color[.='@']", "/x:top/nest/egg @"},
		{"/x:top/chain[n='@']/prev @", "/x:top/chain[n='@']/prev @"},
		{"/x:top/a/node[id='@']/port[p='@']", "/x:top/b/link[from='@'][to='@']/port @"},
		{"/x:top/color[.='@'] first"},
		{"/x:top/chain[n='@'] first"},
		{"/x:top/rail/gauge 1", "/x:top/rail/stop[.='@']"},
		{"/x:top/b/which /x:top/b/usual[.='@']"},
		{"/x:top/b/which /x:top/lane"},
		{"/x:top/b/which /x:top/color[2]"},
		{"/x:top/b/which " + strings.NewReplacer("@", "1").Replace(leaf)},
		{"-/x:top/b/which"},
	})
}
