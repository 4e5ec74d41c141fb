#pragma once

#include <sluice/storage/batch.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

// [totals]
using Count = std::pair<std::string_view, long>;

/// The counts of all batches. Copies share one map, which only one batch at a time touches.
class Totals {
public:
    void operator()(const sluice::Batch<Count>& batch)
    {
        for (const auto& [word, count] : batch) {
            (*counts_)[std::string{word}] += count;
        }
    }

    void print() const
    {
        for (const auto& [word, count] : *counts_) {
            std::cout << count << ' ' << word << '\n';
        }
    }

private:
    std::shared_ptr<std::map<std::string, long>> counts_ =
        std::make_shared<std::map<std::string, long>>();
};
// [totals]
