package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// store is how etcd is reached past the API server.
type store struct {
	url    string
	client *http.Client
}

// Store writes an object into etcd as it stands, past the API server and its checks, as
// another version of a definition may have let it in.
func (c *ControlPlane) Store(ctx context.Context, group, plural, namespace, name string, object []byte) error {
	key := fmt.Sprintf("/registry/%s/%s/%s/%s", group, plural, namespace, name)
	body, err := json.Marshal(map[string][]byte{"key": []byte(key), "value": object})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.store.url+"/v3/kv/put", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := c.store.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s: %s", response.Status, answer)
	}
	return nil
}
