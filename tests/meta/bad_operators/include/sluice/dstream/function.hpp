#pragma once

/// No operator.
///
/// - **Types**: `int` to `int`.
int function(int value);
