package throughline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// APIVersion is the version every declared resource carries.
const APIVersion = "throughline/v1"

// Kind is the kind of a declared resource.
type Kind string

// The kinds, in the order in which one leans on the ones before it.
const (
	KindPerson       Kind = "Person"
	KindTeam         Kind = "Team"
	KindEngine       Kind = "Engine"
	KindStewardship  Kind = "Stewardship"
	KindVocabulary   Kind = "Vocabulary"
	KindBrand        Kind = "Brand"
	KindBrief        Kind = "Brief"
	KindChannel      Kind = "Channel"
	KindAudience     Kind = "Audience"
	KindGoal         Kind = "Goal"
	KindGuardrail    Kind = "Guardrail"
	KindGuardrailSet Kind = "GuardrailSet"
	KindDisclosure   Kind = "Disclosure"
	KindClaim        Kind = "Claim"
	KindAsset        Kind = "Asset"
	KindTemplate     Kind = "Template"
	KindFragment     Kind = "Fragment"
	KindPlacement    Kind = "Placement"
)

// Kinds returns every kind, those that others refer to first.
func Kinds() []Kind {
	return []Kind{
		KindPerson, KindTeam, KindEngine, KindStewardship, KindVocabulary, KindBrand, KindBrief, KindChannel, KindAudience,
		KindGoal, KindGuardrail, KindGuardrailSet, KindDisclosure, KindClaim, KindAsset,
		KindTemplate, KindFragment, KindPlacement,
	}
}

// Spec is what a resource of one kind declares. Specs are plain data: two with
// the same JSON are the same.
type Spec interface {
	// Kind returns the kind the spec belongs to.
	Kind() Kind
}

// NewSpec returns a pointer to an empty spec of the kind, or nil for a kind
// that does not exist.
func NewSpec(k Kind) Spec {
	switch k {
	case KindPerson:
		return new(Person)
	case KindTeam:
		return new(Team)
	case KindEngine:
		return new(Engine)
	case KindStewardship:
		return new(Stewardship)
	case KindBrand:
		return new(Brand)
	case KindBrief:
		return new(Brief)
	case KindChannel:
		return new(Channel)
	case KindAudience:
		return new(Audience)
	case KindGoal:
		return new(Goal)
	case KindGuardrail:
		return new(Guardrail)
	case KindGuardrailSet:
		return new(GuardrailSet)
	case KindVocabulary:
		return new(Vocabulary)
	case KindDisclosure:
		return new(Disclosure)
	case KindClaim:
		return new(Claim)
	case KindAsset:
		return new(Asset)
	case KindTemplate:
		return new(Template)
	case KindFragment:
		return new(Fragment)
	case KindPlacement:
		return new(Placement)
	}
	return nil
}

// Metadata names a resource and says who answers for it.
type Metadata struct {
	// Name is unique within the kind: lower-case letters, digits, "-", "." and
	// "/", at most 80 bytes, starting and ending with a letter or digit.
	Name string `json:"name"`
	// Labels are what the resource is filed and filled by, such as tone: direct.
	Labels map[string]string `json:"labels,omitempty"`
	// Owner names the Person who answers for it; empty means the engine's owner.
	Owner string `json:"owner,omitempty"`
}

// Resource is one declared thing: one revision of one name.
type Resource struct {
	APIVersion string   `json:"apiVersion"`
	Kind       Kind     `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Ref names a resource: "Fragment/cta-shop-now".
type Ref struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

// String returns the ref as Kind/name.
func (r Ref) String() string { return string(r.Kind) + "/" + r.Name }

// Compare orders refs by kind, those that others refer to first, then by name.
func (r Ref) Compare(other Ref) int {
	if r.Kind == other.Kind {
		return cmp.Compare(r.Name, other.Name)
	}
	kinds := Kinds()
	return cmp.Or(slices.Index(kinds, r.Kind)-slices.Index(kinds, other.Kind), cmp.Compare(r.Kind, other.Kind))
}

// ParseRef reads Kind/name.
func ParseRef(s string) (Ref, error) {
	kind, name, ok := strings.Cut(s, "/")
	if !ok || NewSpec(Kind(kind)) == nil || name == "" {
		return Ref{}, Errorf(Invalid, "%q is not a resource", s).WithFix("write Kind/name, such as Fragment/hello; kinds are %s", joinKinds())
	}
	return Ref{Kind(kind), name}, nil
}

func joinKinds() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// Ref returns the resource's kind and name.
func (r Resource) Ref() Ref { return Ref{r.Kind, r.Metadata.Name} }

// Canonical returns the resource as JSON with sorted keys and no spaces: what
// is hashed, stored and compared.
func (r Resource) Canonical() []byte {
	b, err := json.Marshal(r)
	if err != nil { // specs hold only strings, numbers, lists and maps of them
		panic(fmt.Sprintf("throughline: canonical form of %s: %v", r.Ref(), err))
	}
	return b
}

// Digest identifies this revision of the resource.
func (r Resource) Digest() Digest { return DigestOf(r.Canonical()) }

// UnmarshalJSON reads the canonical form. It is for bytes the engine wrote
// itself; what people write goes through the strict decoder of package declare.
func (r *Resource) UnmarshalJSON(b []byte) error {
	var head struct {
		APIVersion string          `json:"apiVersion"`
		Kind       Kind            `json:"kind"`
		Metadata   Metadata        `json:"metadata"`
		Spec       json.RawMessage `json:"spec"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	spec := NewSpec(head.Kind)
	if spec == nil {
		return Errorf(Invalid, "there is no kind %q", head.Kind).WithFix("kinds are %s", joinKinds())
	}
	if len(head.Spec) > 0 {
		if err := json.Unmarshal(head.Spec, spec); err != nil {
			return err
		}
	}
	*r = Resource{head.APIVersion, head.Kind, head.Metadata, spec}
	return nil
}

var nameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9./-]{0,78}[a-z0-9])?$`)

// ValidName reports whether s may name a resource.
func ValidName(s string) bool { return nameForm.MatchString(s) }

// Digest is a SHA-256, the identity of bytes.
type Digest [sha256.Size]byte

// DigestOf returns the digest of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads the 64 hexadecimal digits that String writes.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if n, err := hex.Decode(d[:], []byte(s)); err != nil || n != len(d) || len(s) != 2*len(d) {
		return Digest{}, Errorf(Invalid, "%q is not a digest", s).WithFix("a digest is 64 hexadecimal digits")
	}
	return d, nil
}

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 hexadecimal digits, for people to read.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// IsZero reports whether the digest was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the hexadecimal form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the hexadecimal form.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}
