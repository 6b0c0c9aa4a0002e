-- SPDX-License-Identifier: Apache-2.0
-- What `krait/explain` answers, in words. Pure: a list of lines.

local M = {}

---@type table<string, string>
local extents = {
  auto = 'a line or a block, by the syntax at the cursor',
  line = 'the rest of the line',
  whole_line = 'one line',
  block = 'a statement with its block',
  unlimited = 'as far as the model goes',
}

---@type table<string, string>
local stops = {
  end_of_sequence = 'the model had no more to say',
  max_tokens = 'it was as long as max_tokens allows',
  line_end = 'the line was complete',
  blank_line = 'a blank line came',
  dedent = 'the block of the cursor was over',
  block_end = 'the block that it opened was complete',
  max_lines = 'it was as long as max_lines allows',
  suffix = 'it met what stands behind the cursor',
  repetition = 'it began to repeat itself',
  unsure = 'the model was not sure of what would follow',
  not_finite = 'the model computed no numbers: its file may be damaged',
}

---@type table<string, string>
local syntaxes = {
  grammar = "checked with the language's grammar",
  lines = 'not checked: there is a syntax error nearby',
  none = 'not checked: no grammar, or no time',
}

---@type table<string, string>
local plans = {
  spm = 'the text behind the cursor, then the text before it',
  psm = 'the text before the cursor, then the text behind it',
  emulated = 'the text around the cursor, which this model was not made for',
  prefix = 'only the text before the cursor',
}

--- What the time was spent on, in order.
---@type [string, string][]
local stages = {
  { 'queue', 'waiting' },
  { 'tokenize', 'cutting into tokens' },
  { 'prefill', 'reading' },
  { 'decode', 'writing' },
  { 'post', 'checking' },
}

---@param value any
---@return boolean
local function present(value)
  return value ~= nil and value ~= vim.NIL
end

---@param value any
---@return number?
local function number(value)
  return type(value) == 'number' and value or nil
end

---@param words table<string, string>
---@param value any
---@return string?
local function word(words, value)
  return type(value) == 'string' and (words[value] or value) or nil
end

--- Such as `0.4`, `12`: a digit behind the point where it matters.
---@param milliseconds number
---@return string
function M.milliseconds(milliseconds)
  return (milliseconds < 10 and '%.1f ms' or '%.0f ms'):format(milliseconds)
end

--- How sure the model was, from the mean of the logarithms of its tokens' probabilities.
---@param mean_logprob number
---@return string
local function certainty(mean_logprob)
  return ('%.0f %% for each token on average (log-probability %.2f)'):format(
    100 * math.exp(mean_logprob),
    mean_logprob
  )
end

--- The time of all stages, and of each that took any.
---@param ms any
---@return string?
local function time(ms)
  if type(ms) ~= 'table' then
    return nil
  end
  local whole, parts = 0, {} ---@type number, string[]
  for _, stage in ipairs(stages) do
    local spent = number(ms[stage[1]])
    if spent and spent >= 0.05 then
      whole = whole + spent
      parts[#parts + 1] = ('%s %s'):format(stage[2], M.milliseconds(spent))
    end
  end
  return ('%s (%s)'):format(M.milliseconds(whole), table.concat(parts, ', '))
end

---@param explanation table
---@return string?
local function tokens(explanation)
  local reused, computed = number(explanation.tokens_reused), number(explanation.tokens_computed)
  if not reused or not computed then
    return nil
  end
  local known = reused + (number(explanation.tokens_replayed) or 0)
  return ('%d known from before, %d read anew, %d written'):format(
    known,
    computed,
    number(explanation.tokens_generated) or 0
  )
end

--- What is shown and where, or why nothing is.
---@param explanation table
---@return string[]
local function outcome(explanation)
  if present(explanation.suppressed_by) then
    return { 'nothing was shown: ' .. explanation.suppressed_by }
  end
  local shown = explanation.shown
  if type(shown) ~= 'table' or type(shown.text) ~= 'string' then
    return { 'something was suggested' }
  end
  local line = number(vim.tbl_get(shown, 'position', 'line'))
  local where = line and (' in line %d'):format(line + 1) or ''
  local lines = { 'suggested' .. where .. ':' }
  for _, part in ipairs(vim.split(shown.text, '\n', { plain = true })) do
    lines[#lines + 1] = '    ' .. part
  end
  if type(shown.typed) == 'string' and shown.typed ~= '' then
    lines[#lines + 1] = ('of which you have typed %q'):format(shown.typed)
  end
  return lines
end

---@param explanation table what the server answered
---@return string[]
function M.lines(explanation)
  local lines = outcome(explanation)
  if explanation.typed_through == true then
    lines[#lines + 1] =
      'what follows is of the suggestion as it was made; typing along took no model'
  end
  ---@param name string
  ---@param text string?
  local function add(name, text)
    lines[#lines + 1] = text and ('%s: %s'):format(name, text) or nil
  end
  local mean_logprob = number(explanation.mean_logprob)
  add('how sure', mean_logprob and certainty(mean_logprob))
  -- Without a model run there is nothing more to say.
  if explanation.plan == 'none' then
    return lines
  end
  add('tokens', tokens(explanation))
  add('time', time(explanation.ms))
  add('what was read', word(plans, explanation.plan))
  add('because', type(explanation.plan_reason) == 'string' and explanation.plan_reason or nil)
  add('not waited for', type(explanation.hurried) == 'string' and explanation.hurried or nil)
  add('how far it may reach', word(extents, explanation.extent))
  add('where it ended', word(stops, explanation.stop))
  add('syntax', word(syntaxes, explanation.syntax))
  return lines
end

return M
