#pragma once

/// Does not say that it is an operator.
class Silent {
    using SluiceOperator = void;
};
