-- What Argo CD shows of an object of lanyard.dev, by its conditions: see docs/gitops.md. Objects that are being deleted it shows
-- as Progressing by itself.
local conditions = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    conditions[condition.type] = condition
  end
end

local ready = conditions["Ready"]
if ready == nil then
  return {status = "Progressing", message = "the operator has not looked at it yet"}
end
-- While it is paused, nobody looks, whatever its generation.
if ready.status == "Unknown" and ready.reason == "Paused" then
  return {status = "Suspended", message = ready.message}
end
if obj.metadata.generation ~= nil and obj.status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "the operator has not looked at the last change yet"}
end
local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  return {status = "Degraded", message = stalled.reason .. ": " .. stalled.message}
end
if ready.status == "True" then
  return {status = "Healthy", message = ready.message}
end
return {status = "Progressing", message = ready.reason .. ": " .. ready.message}
