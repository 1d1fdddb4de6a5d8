// Package schedule says when the runs of a plan are due: which slot comes next, which one was the latest, and how many
// were missed. A plan is made of a five-field cron line, single date-times and an interval, alone or together, within
// an optional window. The time is always a parameter; the package knows no clock, no HTTP and no Kubernetes, and what
// it takes and returns are plain values.
//
// # Daylight saving time
//
// A cron slot runs at the first instant at which the wall clock of the plan's zone shows the slot's time or a later
// one. So each slot runs exactly once:
//
//   - A time that the clock skips in spring runs when the clock has been put forward, at the first instant after the
//     gap; several of them, or one that is due there anyway, are one slot.
//   - A time that the clock shows twice in autumn runs when it is shown first. If the line allows every hour (a `*` in
//     the hours field) the repetition runs as well, because such a line counts hours, not times of the day.
//
// Single date-times and intervals are instants; the zone does not touch them.
//
// # The cron dialect
//
// It is CronJob's: names of months and days, lists, ranges, steps, `?` for `*`, @hourly to @yearly. If both the day of
// month and the day of week are restricted, a day that matches either one counts. Three deviations: the day of week 7
// is Sunday, what CronJob reads in a way that no user can have meant (`*-5`, an empty entry of a list, a step that
// leaves one value) is an error, and so is a date that never comes (30 February). TZ= and CRON_TZ= are refused, as in
// CronJob, and @every, for which there is an interval.
//
// # Why there is no cron library
//
// Two were run over the same cases, github.com/robfig/cron/v3 v3.0.1, which CronJob uses, and
// github.com/netresearch/go-cron v0.15.0, a maintained fork of it:
//
//	case                                       robfig           go-cron          wanted
//	30 2 * * * New York, 8 March 2026          skips the day    03:30            03:00
//	30 1 * * * New York, 1 November 2026       twice            twice            once
//	0 0 * * *  Cairo, 24 April 2026            skips the day    skips the day    01:00
//	0 0 * * *  Santiago, 6 September 2026      skips the day    skips the day    01:00
//	15 2 * * * Lord Howe, 4 October 2026       skips the day    skips the day    02:30
//	45 1 * * * Lord Howe, 5 April 2026         twice            twice            once
//	0 0 13 * 5                                 13th or Friday   13th and Friday  13th or Friday
//	0 0 29 2 * after February 2096             never again      never again      2104
//	0 0 31 2 *                                 never, silently  never, silently  error
//	, * * * *                                  never, silently  never, silently  error
//	day of week 7                              error            Sunday           Sunday
//	TZ=0                                       panics           error            error
//
// Neither library's Next can be used, and what remains of one is a parser of some fifty lines, to be guarded by as many.
// So the fields are parsed and searched here. That the dialect is CronJob's is what the tests use robfig/cron for.
package schedule
