// Command walker walks an organization once, as a process of its own, and prints what it found as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "walker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	as := flag.String("as", "operator", "operator, or reader, which looks at nothing that it receives")
	way := flag.String("way", string(walk.CallingData), "list of people to read")
	base := flag.String("base", "", "base `URL` of the service")
	token := flag.String("token", "", "access token")
	authority := flag.String("ca-file", "", "`file` with the certificate authority to trust")
	profile := flag.String("profile", "", "write a CPU profile to this `file`")
	flag.Parse()

	pem, err := os.ReadFile(*authority)
	if err != nil {
		return err
	}
	transport, err := walk.Transport(pem)
	if err != nil {
		return err
	}
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	read, ok := map[string]func(context.Context, walk.Service, walk.Way) (walk.Result, error){
		"operator": walk.Operator, "reader": walk.Reader,
	}[*as]
	if !ok {
		return fmt.Errorf("-as: there is no walker %q: want operator or reader", *as)
	}
	result, err := read(ctx, walk.Service{BaseURL: *base, Token: *token, Transport: transport}, walk.Way(*way))
	if err != nil {
		return err
	}
	result.PeakKiB = peakKiB()
	return json.NewEncoder(os.Stdout).Encode(result)
}

// peakKiB is the most memory that was resident, 0 where the kernel has no such file.
func peakKiB() (kib int64) {
	status, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := bytes.Cut(status, []byte("VmHWM:")); ok {
		_, _ = fmt.Sscan(string(rest), &kib)
	}
	return kib
}
