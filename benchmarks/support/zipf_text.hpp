#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

// Random words by Zipf's law, ten a line: what the word counts count.
namespace zipf {

/// Different words of 2 to 14 letters; the hundred most frequent have at most five.
inline std::vector<std::string> makeVocabulary(std::size_t keys, std::mt19937_64& random)
{
    std::vector<std::string> words;
    std::unordered_set<std::string> seen;
    while (words.size() < keys) {
        std::size_t size = 2 + random() % 5 + random() % 5 + random() % 5;
        if (words.size() < 100) { size = 2 + random() % 4; }
        std::string word;
        for (std::size_t i = 0; i < size; ++i) {
            word += static_cast<char>('a' + random() % 26);
        }
        if (seen.insert(word).second) { words.push_back(word); }
    }
    return words;
}

inline std::string makeText(std::size_t keys, std::size_t bytes)
{
    std::mt19937_64 random{7};
    auto vocabulary = makeVocabulary(keys, random);
    std::vector<double> upTo(keys);
    double sum = 0;
    for (std::size_t i = 0; i < keys; ++i) {
        upTo[i] = sum += 1.0 / static_cast<double>(i + 1);
    }
    std::uniform_real_distribution<double> anywhere{0, sum};
    std::string text;
    text.reserve(bytes + 100);
    for (std::size_t count = 1; text.size() < bytes; ++count) {
        auto at = std::ranges::lower_bound(upTo, anywhere(random)) - upTo.begin();
        text += vocabulary[static_cast<std::size_t>(at)];
        text += count % 10 == 0 ? '\n' : ' ';
    }
    text.back() = '\n';
    return text;
}

/// 200 MB, made when first asked for; 4 MB where SLUICE_BENCH_SHORT is set.
inline const std::string& text(std::size_t keys)
{
    static std::map<std::size_t, std::string> made;
    std::string& text = made[keys];
    if (text.empty()) {
        text =
            makeText(keys, std::getenv("SLUICE_BENCH_SHORT") != nullptr ? 4'000'000 : 200'000'000);
    }
    return text;
}

} // namespace zipf
