package census

// Limit is up to how many objects of a kind a namespace and a cluster hold well; 0 is for no limit.
type Limit struct{ Namespace, Cluster int }

func (l Limit) of(scope Scope) int {
	if scope == Cluster {
		return l.Cluster
	}
	return l.Namespace
}

// Limits are the limits by kind.
type Limits map[string]Limit

// Published are the numbers that Kubernetes aims at for each kind of custom resource whose
// objects have 10 kB or less in the median (KEP-95, scale targets), as those of all kinds do.
func Published() Limits {
	limits := Limits{}
	for _, kind := range Kinds() {
		limits[kind] = Limit{Namespace: 1500, Cluster: 10000}
	}
	return limits
}

// Times are the limits times a factor; 0 is for no limits.
func (l Limits) Times(factor float64) Limits {
	scaled := Limits{}
	for kind, limit := range l {
		scaled[kind] = Limit{Namespace: int(float64(limit.Namespace) * factor), Cluster: int(float64(limit.Cluster) * factor)}
	}
	return scaled
}

// Scope is what a limit is about.
type Scope int

// The scopes.
const (
	Namespace Scope = iota
	Cluster
)

// Level says how near a number is to its limit.
type Level int

// The levels, from good to bad.
const (
	Within Level = iota
	Near
	Over
)

// Verdict is a level, and what it is about; the zero value says that all is well.
type Verdict struct {
	Level Level
	Scope Scope
	Kind  string
	// Limit is the number that is near, or that was passed.
	Limit int
}

// Same says whether both are about the same, whatever the limit is by now.
func (v Verdict) Same(as Verdict) bool {
	return v.Level == as.Level && v.Scope == as.Scope && v.Kind == as.Kind
}

// A level ends well below where it begins, so that objects that come and go do not toggle it. Percent
// of the limit; being over it begins with the first object too many.
const (
	nearEnds   = 70
	nearBegins = 80
	overEnds   = 90
)

func levelOf(count, limit int, was Level) Level {
	switch {
	case limit <= 0:
		return Within
	case count > limit, was == Over && reaches(count, limit, overEnds):
		return Over
	case reaches(count, limit, nearBegins), was != Within && reaches(count, limit, nearEnds):
		return Near
	}
	return Within
}

// marks is how many of the marks a number has passed at which a level begins or ends: between
// two of them, no level changes.
func marks(count, limit int) int {
	if limit <= 0 {
		return 0
	}
	passed := 0
	for _, percent := range []int{nearEnds, nearBegins, overEnds} {
		if reaches(count, limit, percent) {
			passed++
		}
	}
	if count > limit {
		passed++
	}
	return passed
}

func reaches(count, limit, percent int) bool { return 100*count >= percent*limit }
