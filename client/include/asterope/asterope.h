#pragma once

/// Everything that a program needs to use a database:
///
///     #include <asterope/asterope.h>
///     auto db = asterope::open("./scans").value();
///     db.put("ct-001.dcm", bytes, {{"PatientID", "12345"}}).value();
///     for (const auto& hit : db.query("PatientID = 12345")) …
///
/// A longer example: client/examples/scans.cc
#include "client/database.h"
