package headlamp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A person finds things by what they are and what they are called, as the browser tells it to a
// screen reader.

// named is a thing on the page.
type named struct {
	role, name, description string
	id                      cdp.BackendNodeID
	disabled                bool
}

// all returns the things of a role that are not hidden.
func (p *tab) all(role string) (found []named) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		document, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return err
		}
		tree, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: document.Result.ObjectID, Role: role})
		if err != nil {
			return err
		}
		for _, node := range tree.Nodes {
			if node.Ignored {
				continue
			}
			thing := named{role: role, name: text(node.Name), id: node.BackendDOMNodeID}
			for _, property := range node.Properties {
				if property.Name == accessibility.PropertyNameDisabled {
					thing.disabled = text(property.Value) != "false"
				}
			}
			found = append(found, thing)
		}
		return nil
	}))
	return found
}

// text is a value of the accessibility tree, without marks of direction.
func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s any
	if json.Unmarshal(v.Value, &s) != nil || s == nil {
		return ""
	}
	return fmt.Sprint(s)
}

// has tells whether there is such a thing now.
func (p *tab) has(role, name string) bool {
	p.t.Helper()
	return slices.ContainsFunc(p.all(role), func(n named) bool { return n.name == name })
}

// names are what things of a role are called, for messages.
func (p *tab) names(role string) (names []string) {
	p.t.Helper()
	for _, n := range p.all(role) {
		names = append(names, n.name)
	}
	return names
}

// find waits for a thing that can be used. A name that ends with "…" is the beginning of one.
func (p *tab) find(role, name string) (found named) {
	p.t.Helper()
	beginning, open := strings.CutSuffix(name, "…")
	before := p.t.Failed()
	defer func() {
		if p.t.Failed() && !before {
			p.t.Logf("there is of role %s: %q", role, p.names(role))
		}
	}()
	within(p.t, patience, fmt.Sprintf("there is a %s %q that can be used", role, name), func() bool {
		all := p.all(role)
		i := slices.IndexFunc(all, func(n named) bool {
			return !n.disabled && (n.name == name || open && strings.HasPrefix(n.name, beginning))
		})
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

// reach scrolls an element into view and returns its middle, once nothing covers it and it rests.
const reach = `async function() {
	if (!this.isConnected) throw new Error('it was drawn again');
	this.scrollIntoView({block: 'nearest', inline: 'nearest'});
	const box = () => this.getBoundingClientRect();
	const before = box();
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
	const after = box();
	const x = after.x + after.width / 2, y = after.y + after.height / 2;
	const there = document.elementFromPoint(x, y);
	const rests = before.x === after.x && before.y === after.y;
	return rests && there && (this.contains(there) || there.contains(this)) ? [x, y] : [];
}`

// click moves the mouse to a thing and clicks.
func (p *tab) click(role, name string) {
	p.t.Helper()
	thing := p.find(role, name)
	var at []float64
	within(p.t, patience, fmt.Sprintf("%s %q is in reach of the mouse", role, name), func() bool {
		err := chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			node, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: thing.id})
			if err != nil {
				return err
			}
			yes := true
			result, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
				FunctionDeclaration: reach, ObjectID: node.Object.ObjectID, ReturnByValue: &yes, AwaitPromise: &yes,
			})
			if err != nil {
				return err
			}
			if at = nil; result.ExceptionDetails != nil {
				return errors.New(result.ExceptionDetails.Text)
			}
			return json.Unmarshal(result.Result.Value, &at)
		}))
		if err != nil { // it was drawn again
			thing = p.find(role, name)
		}
		return err == nil && len(at) == 2
	})
	p.do(chromedp.MouseClickXY(at[0], at[1]))
}

// fill writes a text into a field, in place of what was there.
func (p *tab) fill(role, name, content string) {
	p.t.Helper()
	p.click(role, name)
	p.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Delete), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if content == "" {
			return nil
		}
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: content})
		return err
	}))
}

// choose opens a list and takes one of its options.
func (p *tab) choose(name, option string) {
	p.t.Helper()
	p.click("combobox", name)
	p.click("option", option)
}

// sees waits until the page shows a text.
func (p *tab) sees(texts ...string) {
	p.t.Helper()
	before := p.t.Failed()
	defer func() {
		if p.t.Failed() && !before {
			p.t.Logf("the page shows %q", p.shown())
		}
	}()
	for _, s := range texts {
		within(p.t, patience, fmt.Sprintf("the page shows %q", s), func() bool { return strings.Contains(p.shown(), s) })
	}
}

// shown is all text on the page.
func (p *tab) shown() string {
	p.t.Helper()
	return value[string](p, `document.body?.innerText ?? ''`)
}

// focused is what a key would go to.
func (p *tab) focused() (n named) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		element, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"})
		if err != nil {
			return err
		}
		no := false
		tree, err := chromedp.Call(ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: element.Result.ObjectID, FetchRelatives: &no})
		if err == nil && len(tree.Nodes) > 0 {
			n = named{role: text(tree.Nodes[0].Role), name: text(tree.Nodes[0].Name), description: text(tree.Nodes[0].Description)}
		}
		return err
	}))
	return n
}

// tabTo presses the tabulator until a thing has the focus.
func (p *tab) tabTo(role, name string) {
	p.t.Helper()
	var passed []string
	for range 80 {
		n := p.focused()
		if n.role == role && n.name == name {
			return
		}
		passed = append(passed, n.role+" "+n.name)
		p.do(chromedp.KeyEvent(kb.Tab))
	}
	p.t.Fatalf("the tabulator does not come to %s %q; it came to %q", role, name, passed)
}

// press goes to a thing by keyboard and presses the key that activates it.
func (p *tab) press(role, name string) {
	p.t.Helper()
	p.tabTo(role, name)
	p.do(chromedp.KeyEvent(kb.Enter))
}
