package operator_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/test/operator"
)

// helperEnv makes the test binary start a program, print its process id and wait to be killed.
const helperEnv = "OPERATOR_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) != "" {
		p, err := operator.StartCommand(exec.Command("sleep", "600"), &operator.Log{})
		if err != nil {
			panic(err)
		}
		fmt.Println(p.Pid())
		select {}
	}
	os.Exit(m.Run())
}

// A program that was started does not outlive its parent, even if that had no time to stop it.
func TestNothingSurvivesSIGKILL(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(stdout, &pid); err != nil {
		t.Fatal("the helper started nothing:", err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the program with the id %d does not run: %v", pid, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, which is an error to Wait
	for end := time.Now().Add(time.Minute); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the program with the id %d still runs", pid)
		}
	}
}

// alive is whether a process runs. One that has ended and that has not been waited for yet does not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	var id int
	var name, state string
	_, err = fmt.Sscan(string(stat), &id, &name, &state)
	return err == nil && state != "Z"
}
