-- Health of the kinds of licensing.webex-operator.io for Argo CD, by the same rules as
-- kstatus, which Flux uses: a status that speaks of an older spec is in progress, Stalled
-- is an error that only a person can mend, Reconciling goes on by itself.
local hs = {status = "Progressing", message = "waiting for the operator"}

if obj.kind == "WebexLicense" then
  return {status = "Healthy", message = ""} -- a licence row; it has no conditions
end
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "is being deleted"
  return hs
end
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local found = {}
for _, condition in ipairs(obj.status.conditions) do
  found[condition.type] = condition
end
local function yes(kind)
  return found[kind] ~= nil and found[kind].status == "True"
end

if yes("Stalled") then
  return {status = "Degraded", message = found.Stalled.reason .. ": " .. found.Stalled.message}
end
if yes("Reconciling") then
  return {status = "Progressing", message = found.Reconciling.reason .. ": " .. found.Reconciling.message}
end
if yes("Ready") then
  hs = {status = "Healthy", message = found.Ready.message}
  if obj.spec ~= nil and obj.spec.suspend == true then
    hs.status = "Suspended"
  end
  return hs
end
if found.Ready ~= nil then
  hs.message = found.Ready.reason .. ": " .. found.Ready.message
end
return hs
