package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// ofJob selects the metrics of controller-runtime and Go that are the operator's: others export the same names.
const ofJob = `job=~"$job"`

func operator() *board.Dashboard {
	return &board.Dashboard{
		UID: operatorUID, Title: "Webex licences / Operator", From: "24h",
		Description: "The operator itself: do runs succeed and schedules keep time, what does Webex answer, what does Kubernetes.",
		Variables: []board.Variable{namespaces(), {
			Name: "job", Label: "Scrape job", Description: "Under which name Prometheus scrapes the operator", Metric: "webexlicense_cache_objects", Of: "job", Multi: true,
		}},
		Rows: []board.Row{
			{Title: "At a glance", Panels: operatorFigures()},
			{Title: "Runs", Panels: operatorRuns()},
			{Title: "Schedules", Panels: operatorSchedules()},
			{Title: "Webex", Panels: operatorWebex()},
			{Title: "Kubernetes", Panels: operatorKubernetes()},
		},
	}
}

const (
	notReporting = "No replica of the operator reports"
	noRequests   = "No request to Webex"
)

// fine shows fractions.
func fine(p board.Panel) board.Panel {
	p.Decimals = 2
	return p
}

func lines(title, description, noData string, width int, unit board.Unit, v board.Lines, queries ...board.Query) board.Panel {
	return board.Panel{Title: title, Description: description, NoData: noData, Width: width, Height: 8, Unit: unit, View: v, Queries: queries}
}

func operatorFigures() []board.Panel {
	objects := func(title, kind string) board.Panel {
		return figure(title, kind+" objects in the operator's cache.", notReporting, board.Count, neutral(), fmt.Sprintf("sum(webexlicense_cache_objects{kind=%q})", kind))
	}
	runs := func(title, description string, thresholds []board.Threshold, result string) board.Panel {
		return figure(title, description, notReporting, board.Count, thresholds,
			fmt.Sprintf("sum(increase(webexlicense_sync_runs_total{%s}[$__range])) or 0 * sum(webexlicense_cache_objects)", result))
	}
	refused := figure("Requests put off", "The share of Webex' answers that asked to wait (429, 423), in the time range above. A few are normal; beyond a tenth the request budget is spent.",
		noRequests, board.Share, []board.Threshold{{Color: board.Good}, {From: 0.05, Color: board.Notice}, {From: 0.1, Color: board.Bad}},
		"(sum(increase(webexlicense_api_rate_limited_total[$__range])) or 0 * sum(webexlicense_api_requests_total)) / sum(increase(webexlicense_api_requests_total[$__range]))")
	refused.Decimals = 1
	dropped := figure("Series left out", "Series of webexlicense_units that are not there, because they were more than --metrics-max-series: then panels about licences are empty.",
		notReporting, board.Count, noneIsGood(board.Warning), "max(webexlicense_units_dropped_series)")
	return []board.Panel{
		withLinks(objects("Customers", "WebexCustomerAccess"), board.RunBook("WebexLicenseOperatorDown")), objects("Licence rows", "WebexLicense"),
		runs("Runs that succeeded", "In the time range above.", neutral(), `result="Succeeded"`),
		withLinks(runs("Runs that failed", "In the time range above: for any other reason than that a person ended them.", noneIsGood(board.Warning), `result!~"Succeeded|Canceled"`),
			board.RunBook("WebexLicenseSyncFailing")),
		withLinks(refused, board.RunBook("WebexLicenseRequestBudget")),
		dropped,
	}
}

// quantile of a histogram, by a label or none.
func quantile(q float64, metric, label string) string {
	labels := "le"
	if label != "" {
		labels += ", " + label
	}
	return fmt.Sprintf("histogram_quantile(%v, sum by (%s) (rate(%s_bucket[$__rate_interval])))", q, labels, metric)
}

func operatorRuns() []board.Panel {
	return []board.Panel{
		lines("Runs by result", "Runs that ended in each hour before, by result. Anything but Succeeded is the reason why they failed.", "No run ended", 8, board.Count, board.Lines{Stacked: true},
			board.Query{Expr: "sum by (result) (increase(webexlicense_sync_runs_total[1h]))", Legend: "{{result}}"}),
		lines("Runs under way", "Runs that have not ended, by what they do or wait for.", "No run is under way", 8, board.Count, board.Lines{Stacked: true},
			board.Query{Expr: "sum by (reason) (webexlicense_sync_runs_unfinished)", Legend: "{{reason}}"}),
		lines("Duration of runs", "From the begin of the first attempt to the end, waiting for Webex included: median, and what 1 of 20 runs exceeds.", "No run ended", 8, board.Seconds, board.Lines{},
			board.Query{Expr: quantile(0.5, "webexlicense_sync_duration_seconds", "trigger"), Legend: "median, {{trigger}}"},
			board.Query{Expr: quantile(0.95, "webexlicense_sync_duration_seconds", "trigger"), Legend: "95 %, {{trigger}}"}),
	}
}

func operatorSchedules() []board.Panel {
	in := func(metric string) string { return fmt.Sprintf(`%s{namespace=~"$namespace"}`, metric) }
	object := func(expr string) board.Query { return board.Query{Expr: by("namespace, name", expr)} }
	return []board.Panel{
		{
			Title: "Schedules", Width: 14, Height: 8, Unit: board.Count, NoData: "There is no schedule",
			Description: "Each LicenseSyncSchedule: what its Ready condition says, when it runs next, and how long ago a slot was missed.",
			Queries: []board.Query{
				{Expr: by("namespace, name, reason", `webexlicense_schedule_condition{type="Ready", namespace=~"$namespace"}`)},
				object(in("webexlicense_schedule_next_timestamp_seconds") + " - time()"),
				object("time() - " + in("webexlicense_schedule_last_missed_timestamp_seconds")),
				object(in("webexlicense_schedule_suspended")),
			},
			View: board.Table{SortBy: "Next run in", Ascending: true, Columns: []board.Column{
				text("namespace", "Namespace"), text("name", "Schedule"),
				{Label: "reason", Title: "State", Links: []board.Link{board.Page("What reasons mean", "reasons.md")}},
				{Value: 2, Title: "Next run in", Unit: board.Seconds, Decimals: 1},
				{Value: 3, Title: "Missed a slot, ago", Unit: board.Seconds, Decimals: 1},
				{Value: 4, Title: "Suspended", Unit: board.Count, Thresholds: noneIsGood(board.Notice)},
			}},
			Links: []board.Link{board.RunBook("WebexLicenseScheduleStalled")},
		},
		withLinks(lines("Lateness of scheduled runs", "From the moment a scheduled run was due, spread included, to its creation: median, and what 1 of 100 runs exceeds.",
			"No scheduled run was created", 10, board.Seconds, board.Lines{},
			board.Query{Expr: quantile(0.5, "webexlicense_schedule_skew_seconds", ""), Legend: "median"},
			board.Query{Expr: quantile(0.99, "webexlicense_schedule_skew_seconds", ""), Legend: "99 %"}), board.RunBook("WebexLicenseScheduleLate")),
	}
}

func operatorWebex() []board.Panel {
	const rate = "sum by (%s) (rate(%s[$__rate_interval]))"
	return []board.Panel{
		lines("Requests by operation", "Requests sent to Webex per second, tries again included.", noRequests, 12, board.PerSecond, board.Lines{Stacked: true, Aside: true},
			board.Query{Expr: fmt.Sprintf(rate, "operation", "webexlicense_api_requests_total"), Legend: "{{operation}}"}),
		lines("Answers by class", "2xx: good; 4xx: refused, 429 among them; 5xx: Webex failed; none: no answer came.", noRequests, 12, board.PerSecond, board.Lines{Stacked: true, Aside: true},
			board.Query{Expr: fmt.Sprintf(rate, "code", "webexlicense_api_requests_total"), Legend: "{{code}}"}),
		lines("Time of answers", "From sending a request to the end of its answer: what 1 of 20 requests exceeds.", noRequests, 12, board.Seconds, board.Lines{Aside: true},
			board.Query{Expr: quantile(0.95, "webexlicense_api_request_duration_seconds", "operation"), Legend: "{{operation}}"}),
		withLinks(fine(lines("Requests that wait", "How many requests wait at a time, for the request budget or because Webex asked to (seconds waited per second).", noRequests, 12, board.Count, board.Lines{Stacked: true, Aside: true},
			board.Query{Expr: fmt.Sprintf(rate, "operation", "webexlicense_api_throttled_seconds_total"), Legend: "{{operation}}"})), board.RunBook("WebexLicenseRequestBudget")),
	}
}

func operatorKubernetes() []board.Panel {
	perSecond := func(labels, metric string) string {
		return fmt.Sprintf("sum by (%s) (rate(%s[$__rate_interval]))", labels, metric)
	}
	memory := lines("Memory", "Resident memory of each replica.", notReporting, 8, board.Bytes, board.Lines{},
		board.Query{Expr: fmt.Sprintf("max by (instance) (process_resident_memory_bytes{%s})", ofJob), Legend: "{{instance}}"})
	return []board.Panel{
		lines("Status writes", "Statuses that were computed: written because they differed, or skipped. Most should be skipped.", notReporting, 8, board.PerSecond, board.Lines{Stacked: true},
			board.Query{Expr: perSecond("result", "webexlicense_status_writes_total"), Legend: "{{result}}"}),
		lines("Reconciles", "Reconciles per second by controller and result. Errors are conflicts and failures of the API server; what Webex does wrong is in the runs.", notReporting, 8, board.PerSecond, board.Lines{Stacked: true},
			board.Query{Expr: perSecond("controller, result", fmt.Sprintf("controller_runtime_reconcile_total{%s}", ofJob)), Legend: "{{controller}} {{result}}"}),
		lines("Work queues", "Objects that wait for a reconcile.", notReporting, 8, board.Count, board.Lines{},
			board.Query{Expr: fmt.Sprintf("max by (name) (workqueue_depth{%s})", ofJob), Legend: "{{name}}"}),
		lines("Requests to the API server", "By the class of the answer.", notReporting, 8, board.PerSecond, board.Lines{Stacked: true},
			board.Query{Expr: perSecond("code, method", fmt.Sprintf("rest_client_requests_total{%s}", ofJob)), Legend: "{{method}} {{code}}"}),
		fine(lines("CPU", "Cores in use by each replica.", notReporting, 8, board.Count, board.Lines{},
			board.Query{Expr: perSecond("instance", fmt.Sprintf("process_cpu_seconds_total{%s}", ofJob)), Legend: "{{instance}}"})),
		memory,
	}
}
