// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SQLITE_H_
#define KRAIT_DAEMON_REPOSITORY_SQLITE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace krait::repository {

// A prepared statement. Values are bound from 1, columns count from 0. Must not
// outlive its database. Thread-compatible.
class Statement {
 public:
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, double value);
  // The text must stay until the statement is reset.
  Statement& Bind(int index, std::string_view text);
  // The bytes, too.
  Statement& BindBlob(int index, std::string_view bytes);

  // True: a row is there. False: there are no more, and the statement is reset.
  base::Result<bool> Step();
  // For a statement without rows.
  base::Status Run();
  void Reset();

  int64_t Integer(int column) const;
  double Real(int column) const;
  // Valid until the next step.
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement);

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// A connection to a database file. Errors name the file. Thread-compatible.
class Database {
 public:
  // Opens a file, which is made (mode 0600) if it is not there. Waits up to a
  // few seconds for other processes that write.
  static base::Result<Database> Open(const std::filesystem::path& file);
  // Runs statements, separated by semicolons, whose rows do not matter.
  base::Status Run(const std::string& statements);
  base::Result<Statement> Prepare(std::string_view statement);
  // Returns the number in the first row; an error if there is none.
  base::Result<int64_t> Number(std::string_view statement);
  int64_t LastRowId() const;

  const std::string& name() const { return name_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  Database(std::string name, sqlite3* database);
  static base::Result<Database> OpenNamed(const std::string& file, int flags);
  base::Error LastError(std::string_view what) const;

  std::string name_;
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SQLITE_H_
