// Package shard divides the customers of a cluster between several managers. A manager's
// shard is what its label selector matches. Selectors of managers that come and go overlap
// for moments, so that a selector alone does not make sure that a customer is served once.
// Each customer therefore says in status.shard whose it is, and changes hands by three rules:
//
//  1. Only the holder of a shard's lease serves the customers that name the shard.
//  2. The holder lets a customer go that its selector no longer matches, once no attempt of
//     a run of this customer is at work.
//  3. Another manager takes a customer whose shard has no holder, with a write that fails if
//     another write came in between. It then looks at that lease again, and gives the
//     customer back if it has a holder now.
//
// The holder looks at the customer after it got the lease and before it begins an attempt;
// who takes it looks at the lease after the write. One of the two sees the other.
package shard
