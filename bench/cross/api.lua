-- The HTTP API under wrk: of ten requests one writes a message, the others read a page of history.
--
--   TOKEN=… ROOM=… wrk -t1 -c8 -d10s --latency -s bench/cross/api.lua http://127.0.0.1:8080
--
-- The last line it prints is JSON.

local path = "/api/v1/chats/" .. os.getenv("ROOM") .. "/entries"
local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json" }
local run = os.getenv("RUN") or tostring(os.time())
local asked = 0

function request()
  asked = asked + 1
  if asked % 10 == 0 then
    local body = string.format('{"content": "over HTTP", "msg_id": "%s-%d"}', run, asked)
    return wrk.format("POST", path, headers, body)
  end
  return wrk.format("GET", path .. "?limit=50", headers)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format(
    '{"requests": %d, "seconds": %.3f, "failed": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
