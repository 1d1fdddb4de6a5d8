{{- /* The fields of a struct, with those of the structs in it under their paths. */ -}}
{{- define "fields" -}}
{{- $parent := . -}}
{{- range .type.Members -}}
{{- if not (has .Name (list "conditions" "observedGeneration")) -}}
{{- $type := regexReplaceAll `\[([^\]]+)\]\([^)]*\)` (markdownRenderType .Type) "${1}" -}}
{{- $array := hasSuffix " array" $type -}}
{{- $element := .Type -}}
{{- if $array -}}{{- $element = .Type.UnderlyingType -}}{{- end -}}
{{- $own := and (contains "webex-license-operator" $element.Package) $element.Members -}}
{{- $path := printf "%s.%s" $parent.path .Name -}}
{{- if $array -}}{{- $path = printf "%s[]" $path -}}{{- end -}}
{{- $type = trimSuffix " array" $type -}}
{{- if $element.EnumValues -}}{{- $type = "string" -}}{{- end -}}
- `{{ $path }}`{{ if not $own }} _{{ $type }}_{{ end }}: {{ template "description" (dict "field" . "element" $element "spec" (hasPrefix "spec" $path)) }}
{{ if $own -}}
{{ template "fields" (dict "path" $path "type" $element) -}}
{{ end -}}
{{ end -}}
{{ end -}}
{{- end -}}

{{- /* What the comment says, but for what the head of the page says of all; the words of an enumeration that it does not name;
bounds of what a user writes. */ -}}
{{- define "description" -}}
{{- $doc := .field.Doc | replace "\n" " " | trimPrefix (printf "%s is " .field.Name) | trimPrefix (printf "%s are " .field.Name) | trimPrefix (printf "%s " .field.Name) -}}
{{- markdownRenderFieldDoc ($doc | replace " Default: none." "" | replace " Mutable." "") -}}
{{- if .element.EnumValues -}}
{{- if not (contains (first .element.EnumValues).Name $doc) -}}
{{- range .element.EnumValues }} `{{ .Name }}`{{ if .Doc }} {{ regexReplaceAll "^[A-Za-z]+ " (.Doc | replace "\n" " " | trim) "" }}{{ end -}}{{ end -}}
{{- end -}}
{{- end -}}
{{- if .spec -}}
{{- range .field.Validation -}}
{{- if hasPrefix "MaxLength: " . }} At most {{ trimPrefix "MaxLength: " . }} characters.{{ end -}}
{{- if and (hasPrefix "MaxItems: " .) (not (contains "At most" $doc)) }} At most {{ trimPrefix "MaxItems: " . }} items.{{ end -}}
{{- if hasPrefix "Pattern: " . }} {{ markdownRenderFieldDoc . }}.{{ end -}}
{{- if eq "Required: {}" . }} **Required.**{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
