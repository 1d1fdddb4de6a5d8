package status

import "encoding/json"

// ApplyConfiguration turns a typed value into its apply configuration. Both have
// the same JSON form; what is empty in the one is unset in the other.
func ApplyConfiguration[T any](typed any) (*T, error) {
	data, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	configuration := new(T)
	return configuration, json.Unmarshal(data, configuration)
}
