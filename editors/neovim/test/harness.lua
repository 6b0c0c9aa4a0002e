-- SPDX-License-Identifier: Apache-2.0
-- Cases and assertions. A case that fails does not end the others.

local M = {}

---@class krait.test.Case
---@field suite string
---@field claim string
---@field run fun()

---@type krait.test.Case[]
M.cases = {}

--- Starts the suite of a file; returns the function that adds a case to it.
---@param suite string
---@return fun(claim: string, run: fun())
function M.suite(suite)
  return function(claim, run)
    M.cases[#M.cases + 1] = { suite = suite, claim = claim, run = run }
  end
end

--- Ends the case as skipped.
---@param why string
function M.skip(why)
  error({ skip = why }, 0)
end

---@param actual any
---@param expected any
---@param what? string
function M.equal(actual, expected, what)
  if vim.deep_equal(actual, expected) then
    return
  end
  error(
    ('%s: expected %s, got %s'):format(
      what or 'not equal',
      vim.inspect(expected),
      vim.inspect(actual)
    ),
    2
  )
end

---@param condition any
---@param what string
function M.ok(condition, what)
  if not condition then
    error(what, 2)
  end
end

---@param text string
---@param part string
function M.contains(text, part)
  if not text:find(part, 1, true) then
    error(('expected %q in %q'):format(part, text), 2)
  end
end

---@param line string
local function say(line)
  io.stdout:write(line, '\n')
  io.stdout:flush()
end

--- Runs all cases, or those whose name contains `filter`; returns how many did what.
---@param filter? string
---@param after fun() called after each
---@return integer passed, integer failed, integer skipped
function M.run(filter, after)
  local passed, failed, skipped = 0, 0, 0
  for _, case in ipairs(M.cases) do
    local name = case.suite .. ': ' .. case.claim
    if not filter or name:find(filter, 1, true) then
      local ok, problem = xpcall(case.run, function(raised)
        if type(raised) == 'table' then
          return raised
        end
        return debug.traceback(tostring(raised), 2)
      end)
      local clean, left = pcall(after)
      if ok and not clean then
        ok, problem = false, left
      end
      if ok then
        passed = passed + 1
        say('ok: ' .. name)
      elseif type(problem) == 'table' and problem.skip then
        skipped = skipped + 1
        say(('skipped: %s: %s'):format(name, problem.skip))
      else
        failed = failed + 1
        say(('FAILED: %s\n  %s'):format(name, (tostring(problem):gsub('\n', '\n  '))))
      end
    end
  end
  return passed, failed, skipped
end

return M
