-- SPDX-License-Identifier: Apache-2.0
-- What differs between the Neovim versions that are supported (0.10 and newer): the functions of
-- an LSP client became methods in 0.11.

local M = {}

local methods = vim.fn.has('nvim-0.11') == 1

--- Calls a function of a client.
---@param client vim.lsp.Client
---@param name string
---@return any ...
local function call(client, name, ...)
  if methods then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- Starts a client of its own, for `buf` if that is given; returns its id.
---@param config vim.lsp.ClientConfig
---@param buf? integer
---@return integer?
function M.start(config, buf)
  if not buf and not methods then
    return vim.lsp.start_client(config)
  end
  return vim.lsp.start(config, {
    bufnr = buf,
    attach = buf ~= nil,
    -- A client of the same name may be the user's own.
    reuse_client = function()
      return false
    end,
  })
end

--- Sends a request; returns its id, nil if the client is gone.
---@param client vim.lsp.Client
---@param method string
---@param params table?
---@param handler lsp.Handler
---@param buf? integer
---@return integer?
function M.request(client, method, params, handler, buf)
  local ok, id = call(client, 'request', method, params, handler, buf)
  return ok and id or nil
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  call(client, 'notify', method, params)
end

---@param client vim.lsp.Client
---@param id integer
function M.cancel(client, id)
  call(client, 'cancel_request', id)
end

---@param client vim.lsp.Client
---@param force? boolean
function M.stop(client, force)
  call(client, 'stop', force)
end

---@param client vim.lsp.Client
---@return boolean
function M.is_stopped(client)
  return call(client, 'is_stopped')
end

return M
