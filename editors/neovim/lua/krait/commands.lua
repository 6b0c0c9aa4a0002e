-- SPDX-License-Identifier: Apache-2.0
-- `:Krait SUBCOMMAND`.

local message = require('krait.message')

local M = {}

---@class krait.Subcommand
---@field run fun(words: string[])
---@field offered? fun(): boolean Absent: always.
---@field complete? fun(lead: string): string[]

--- What can be turned on and off by itself.
---@return string[]
local function switchable()
  local names = vim.fn.getcompletion('', 'filetype')
  table.insert(names, 1, 'buffer')
  return names
end

---@param name string
---@return krait.Subcommand
local function switching(name)
  return {
    run = function(words)
      require('krait')[name](words[1])
    end,
    complete = switchable,
  }
end

--- One that does something to the suggestion, and says so when there is none.
---@param name string
---@param otherwise string
---@return krait.Subcommand
local function acting(name, otherwise)
  return {
    run = function()
      if not require('krait')[name]() then
        message.info(otherwise)
      end
    end,
  }
end

---@type table<string, krait.Subcommand>
local subcommands = {
  enable = switching('enable'),
  disable = switching('disable'),
  toggle = switching('toggle'),
  accept = acting('accept', 'nothing is suggested'),
  accept_word = acting('accept_word', 'nothing is suggested'),
  accept_line = acting('accept_line', 'nothing is suggested'),
  dismiss = acting('dismiss', 'nothing is suggested'),
  next = acting('next', 'nothing is suggested'),
  prev = acting('prev', 'nothing is suggested'),
  trigger = acting('trigger', 'suggestions come in insert mode, in files that krait is on for'),
  snooze = {
    run = function(words)
      local minutes = words[1] and (tonumber(words[1]) or words[1])
      require('krait').snooze(minutes)
    end,
    complete = function()
      return { '0', '10', '30', '60' }
    end,
  },
  restart = {
    run = function()
      require('krait').restart()
    end,
  },
  stop = {
    run = function()
      require('krait').stop()
    end,
  },
  status = {
    run = function()
      require('krait.report').status()
    end,
  },
  explain = {
    run = function()
      require('krait.report').explain()
    end,
  },
  ask = {
    run = function(words)
      require('krait.ask').ask(table.concat(words, ' '))
    end,
    offered = function()
      return require('krait.ask').possible()
    end,
  },
  follow_up = {
    run = function(words)
      require('krait.ask').follow_up(table.concat(words, ' '))
    end,
    offered = function()
      return require('krait.ask').may_follow_up()
    end,
  },
  log = {
    run = function()
      require('krait.log').open()
    end,
  },
  health = {
    run = function()
      vim.cmd.checkhealth('krait')
    end,
  },
}

--- Those that can do something here.
---@return string[]
local function names()
  local offered = {} ---@type string[]
  for name, subcommand in pairs(subcommands) do
    if not subcommand.offered or subcommand.offered() then
      offered[#offered + 1] = name
    end
  end
  table.sort(offered)
  return offered
end

--- Runs `:Krait` with these words; without any it is `:Krait status`.
---@param words string[]
function M.run(words)
  local name = words[1] or 'status'
  local subcommand = subcommands[name]
  if not subcommand then
    message.error(("'%s' is unknown; there are %s"):format(name, table.concat(names(), ', ')))
    return
  end
  subcommand.run(vim.list_slice(words, 2))
end

--- What may stand at the end of `line`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), '%s+')
  local position = #words + (lead == '' and 1 or 0)
  local candidates = {} ---@type string[]
  if position == 2 then
    candidates = names()
  elseif position == 3 then
    local subcommand = subcommands[words[2]]
    candidates = subcommand and subcommand.complete and subcommand.complete(lead) or {}
  end
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

return M
