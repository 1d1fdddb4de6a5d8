{{- define "gvList" -}}
# API reference

The fields of the kinds of `licensing.webex-operator.io/v1alpha1`, generated from the comments in `api/v1alpha1` by
`make generate`; `kubectl explain wxca.spec --recursive` says the same. A _Time_ is written as `2027-01-01T02:00:00Z`, a
_Duration_ as `26h`. All kinds have `status.conditions` ([reasons](reasons.md)) and `status.observedGeneration`, the
generation of the spec that they are about. A field of a spec can be changed unless it is
*Immutable*; one that is not **Required** has no default unless it names one.
{{ range . -}}
{{- $gv := . -}}
{{- range $gv.SortedKinds }}
{{- $kind := $gv.TypeForKind . }}
## {{ $kind.Name }}

{{ $kind.Doc }}

{{ range $kind.Members -}}
{{ if or (eq .Name "spec") (eq .Name "status") -}}
{{ template "fields" (dict "path" .Name "type" .Type) -}}
{{ end -}}
{{ end -}}
{{ end -}}
{{ end -}}
{{- end -}}
