package signin

import (
	"io"
	"runtime"
	"sync"

	"github.com/cli/browser"
)

// HasBrowser says whether a browser that is opened here shows where the person sits.
func HasBrowser(getenv func(string) string) bool { return hasBrowser(runtime.GOOS, getenv) }

func hasBrowser(system string, getenv func(string) string) bool {
	set := func(names ...string) bool {
		for _, name := range names {
			if getenv(name) != "" {
				return true
			}
		}
		return false
	}
	switch {
	case set("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
		return false
	case system == "windows", system == "darwin":
		return true
	}
	return set("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
}

// silent keeps what browsers say off the terminal.
var silent = sync.OnceFunc(func() { browser.Stdout, browser.Stderr = io.Discard, io.Discard })

// Open opens the person's browser. The error comes once the program that was started has
// ended, which may be when the person closes the browser.
func Open(url string) <-chan error {
	silent()
	ended := make(chan error, 1)
	go func() { ended <- browser.OpenURL(url) }()
	return ended
}
