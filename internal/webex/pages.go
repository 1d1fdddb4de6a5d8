package webex

import (
	"context"
	"hash/maphash"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// listing describes a list of the API.
type listing[T any] struct {
	op     string
	path   string
	params []param
	// form tells a list from others of the same operation whose pages have other sizes; empty for the usual one.
	form string
	// size is the number of records asked for in a page; 0 if the list takes no max.
	size int
	// offset says that the list is paged by start and max where it sends no Link.
	offset bool
	// bare says that a page is an array of records, and that no second page is documented: a full one without a Link may
	// have been cut off.
	bare bool
	// renew is that of [exchange].
	renew func(ctx context.Context, since int64) error
	// decode reads one record.
	decode func(*wire.Decoder, *T) error
	// id identifies a record, for a list with offset.
	id func(*T) string
}

// sized is the name by which sizes of pages are remembered.
func (l *listing[T]) sized() string { return l.op + l.form }

// walk is one pass over a list.
//
// A page is decoded as it streams in, into a buffer that is used again, and handed out when its end was seen. So a
// page whose connection breaks is asked for again without any record being delivered twice or lost, and memory is that
// of two pages. While one page is being received, decoded and handed out, the next one is under way already: its
// request leaves as soon as the header that names it is there. There is never more than one page ahead.
type walk[T any] struct {
	c      *Client
	list   listing[T]
	ctx    context.Context //nolint:containedctx // the life of the walk
	cancel context.CancelFunc
	wg     sync.WaitGroup

	size    atomic.Int64 // records per page, halved after HTTP 504
	slots   [2]slot[T]
	seed    maphash.Seed
	seen    map[uint64]struct{} // pages asked for
	linked  bool                // a next link came: the list is not paged by offset
	results int
}

// slot is the memory of one page.
type slot[T any] struct {
	d     *wire.Decoder
	items []T
}

// fetch is one page under way.
type fetch[T any] struct {
	url    *url.URL
	slot   *slot[T]
	cancel context.CancelFunc
	header chan string   // receives the next link with the first good header
	done   chan struct{} // closed at the end; the fields below are valid then
	link   string        // the next link that came with the page as it was received in the end
	err    error
}

// each yields the records of pages one by one.
func each[T any](pages iter.Seq2[[]T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for items, err := range pages {
			for i := range items {
				if !yield(items[i], nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
			}
		}
	}
}

// pages returns the walk over a list as an iterator. Every use of the iterator walks the list anew. It yields pages,
// each valid until the iterator goes on, until the end or until an error, which comes last and alone. Nothing runs on
// when the iterator has returned.
func pages[T any](ctx context.Context, c *Client, l listing[T]) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		w := &walk[T]{c: c, list: l, ctx: ctx, cancel: cancel, seed: maphash.MakeSeed(), seen: make(map[uint64]struct{})}
		for i := range w.slots {
			w.slots[i].d = wire.NewDecoder()
		}
		if l.size > 0 {
			w.size.Store(int64(min(max(c.cfg.PageSize(l.sized(), l.size), minPage), l.size)))
		}
		defer w.wg.Wait()
		defer cancel()
		more, err := w.run(func(items []T) bool { return yield(items, nil) })
		if err != nil && more {
			yield(nil, err)
		}
	}
}

// run goes from page to page. more is false if the consumer wants no more.
func (w *walk[T]) run(deliver func([]T) bool) (more bool, err error) {
	first := w.c.endpoint(w.list.path, w.list.params)
	if err := w.visit(first); err != nil {
		return true, err
	}
	cur := w.start(first, &w.slots[0])
	lastOffset := offsetPage{}
	for {
		other := &w.slots[0]
		if cur.slot == other {
			other = &w.slots[1]
		}
		ahead, err := w.lookAhead(cur, other)
		if cur.err != nil {
			return true, cur.err
		}
		items := cur.slot.items
		if w.results += len(items); w.results > w.c.cfg.Limits.Results {
			return true, w.partial(ErrLimit)
		}
		var next *url.URL
		if w.list.offset && !w.linked {
			next, err = w.nextOffset(cur, &lastOffset)
			if err != nil {
				return true, err
			}
			if lastOffset.repeated {
				return true, nil
			}
		}
		if !deliver(items) {
			return false, nil
		}
		switch {
		case err != nil:
			return true, err
		case next != nil:
			ahead = w.start(next, other)
		case ahead == nil && w.list.bare && !w.linked && len(items) >= int(w.size.Load()):
			return true, w.partial(ErrFull)
		case ahead == nil:
			return true, nil
		}
		cur = ahead
	}
}

// lookAhead waits for cur and starts the page after it as early as it can. It returns nil if there is none. The error
// is one of the next link; that of cur itself is in cur.
func (w *walk[T]) lookAhead(cur *fetch[T], s *slot[T]) (*fetch[T], error) {
	var (
		ahead *fetch[T]
		link  string
		err   error
	)
	select {
	case link = <-cur.header:
		ahead, err = w.startLink(cur, link, s)
	case <-cur.done:
	}
	<-cur.done
	if cur.err != nil || cur.link == link {
		return ahead, err
	}
	// The page was asked for more than once and came with another link in the end, or ended before the header was
	// looked at: only that last link belongs to what was received.
	if ahead != nil {
		ahead.cancel()
		<-ahead.done
		delete(w.seen, w.hash(ahead.url))
	}
	return w.startLink(cur, cur.link, s)
}

// startLink starts the page that a next link names.
func (w *walk[T]) startLink(cur *fetch[T], link string, s *slot[T]) (*fetch[T], error) {
	if link == "" {
		return nil, nil
	}
	w.linked = true
	u, err := w.c.follow(cur.url, link)
	if err == nil {
		err = w.visit(u)
	}
	if err != nil {
		return nil, w.partial(err)
	}
	return w.start(u, s), nil
}

// visit notes a page, and refuses one that was seen before or is one too many.
func (w *walk[T]) visit(u *url.URL) error {
	if len(w.seen) >= w.c.cfg.Limits.Pages {
		return ErrLimit
	}
	h := w.hash(u)
	if _, ok := w.seen[h]; ok {
		return ErrLoop
	}
	w.seen[h] = struct{}{}
	return nil
}

// hash identifies a page: 8 bytes instead of a URL, since there may be 100,000 of them.
func (w *walk[T]) hash(u *url.URL) uint64 {
	size := param{"max", ""} // the same page in another size leads nowhere new
	return maphash.String(w.seed, u.EscapedPath()+"?"+wire.RepairQuery(u.RawQuery, []param{size}, 0))
}

func (w *walk[T]) partial(err error) error {
	return &Error{Class: ClassPartial, Operation: w.list.op, Err: err}
}

// start fetches a page in the background.
func (w *walk[T]) start(u *url.URL, s *slot[T]) *fetch[T] {
	ctx, cancel := context.WithCancel(w.ctx)
	f := &fetch[T]{url: u, slot: s, cancel: cancel, header: make(chan string, 1), done: make(chan struct{})}
	w.wg.Go(func() {
		defer close(f.done)
		defer cancel()
		f.err = Recovered(func() error { return w.fetch(ctx, f) })
	})
	return f
}

// fetch receives and decodes a page, with as many attempts as it takes.
func (w *walk[T]) fetch(ctx context.Context, f *fetch[T]) error {
	var used int64 // the page size of the last attempt
	return w.c.run(ctx, &exchange{
		op:    w.list.op,
		renew: w.list.renew,
		url: func() *url.URL {
			used = w.size.Load()
			u := *f.url
			u.RawQuery = wire.RepairQuery(u.RawQuery, w.list.params, int(used))
			return &u
		},
		shrink: func() bool {
			if used <= minPage {
				return false
			}
			// If the page ahead has made it smaller already, that is tried first.
			if smaller := max(minPage, used/2); w.size.CompareAndSwap(used, smaller) {
				w.c.cfg.Shrunk(w.list.sized(), int(smaller))
			}
			return true
		},
		handle: func(resp *http.Response) *Error {
			link := wire.NextLink(resp.Header.Values("Link"))
			select {
			case f.header <- link:
			default: // another attempt was here before; lookAhead compares
			}
			if err := w.decode(f.slot, resp); err != nil {
				return decodingError(ctx, w.list.op, resp, f.slot.d, err)
			}
			f.link = link
			return nil
		},
	})
}

// decode reads a page into its slot, from scratch: an earlier attempt at it leaves nothing.
func (w *walk[T]) decode(s *slot[T], resp *http.Response) error {
	s.d.Reset(resp.Body, w.c.cfg.Limits.BodyBytes)
	read := s.d.List
	if w.list.bare {
		read = s.d.BareList
	}
	return read(func() {
		s.items = s.items[:0]
	}, func() error {
		if len(s.items) >= w.c.cfg.Limits.Results {
			return wire.ErrLimit
		}
		var none T
		s.items = append(s.items, none)
		return w.list.decode(s.d, &s.items[len(s.items)-1])
	})
}

// offsetPage remembers the page before in a walk by offset.
type offsetPage struct {
	first    string // id of its first record
	short    bool   // it had fewer records than asked for
	start    int
	repeated bool // the current page is the one before over again, and that was the whole list
}

// nextOffset returns the page after one that came without a Link, or nil at the end.
//
// The end is an empty page: a page that is merely shorter than asked for may be one that the server made shorter, as it
// does for people. A server that knows no start repeats the list, which is the end too if it was shorter than asked for.
func (w *walk[T]) nextOffset(cur *fetch[T], last *offsetPage) (*url.URL, error) {
	items := cur.slot.items
	if len(items) == 0 {
		return nil, nil
	}
	first := w.list.id(&items[0])
	if last.first == first {
		if !last.short {
			return nil, w.partial(ErrLoop)
		}
		last.repeated = true
		return nil, nil
	}
	*last = offsetPage{first: first, short: len(items) < int(w.size.Load()), start: last.start + len(items)}
	u := w.c.endpoint(w.list.path, append(slices.Clip(w.list.params),
		param{"start", strconv.Itoa(last.start)}))
	if err := w.visit(u); err != nil {
		return nil, w.partial(err)
	}
	return u, nil
}
