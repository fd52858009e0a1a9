package schema

// What the tests outside of the package take from those inside.
var (
	Acceptances    = acceptances
	LibyangRefuses = libyangRefuses
	LintSources    = lintSources
	CompileOK      = compileOK
	Sources        = sources
)

// Name says what is accepted.
func (a acceptance) Name() string { return a.name }

// Texts are those of the modules.
func (a acceptance) Texts() []string { return a.texts }
