// Package discovery asks Webex which organizations a partner's credentials see.
//
// It asks as runs do: by the tokens, the budget and the pauses of the Secret's owner, which the
// partner shares with its customers. What it returns is the whole list, or a failure: a list that
// may be cut off would look as if customers were gone.
package discovery
