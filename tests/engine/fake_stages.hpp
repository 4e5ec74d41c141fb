#pragma once

#include <sluice/engine/stage.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::test {

/// What happened to fake stages, in order: "open a", "close a", "commit a", "release a".
using Diary = std::vector<std::string>;

/// What a fake stage does; nothing by default.
struct Script {
    std::size_t tasks = 1;
    std::size_t weight = 1;
    std::size_t otherGates = 0;
    std::function<void(std::size_t task, engine::TaskContext&)> task{};
    std::function<void()> open{};
    std::function<void()> close{};
    std::function<void()> commit{};
    std::function<void()> armed{};
};

/// A stage, or an output, that follows a script and keeps a diary.
class FakeStage final : public engine::Output {
public:
    FakeStage(std::string name, Inputs inputs, Diary& diary, Script script = {})
        : Output{engine::StageInfo{nextId(), name, {name}}, std::move(inputs)},
          diary_{diary},
          script_{std::move(script)}
    {
    }

    Work open(const engine::BatchContext&) override
    {
        note("open", script_.open);
        return {script_.tasks, script_.weight};
    }
    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        if (script_.task) { script_.task(task, context); }
    }
    void close(const engine::BatchContext&) override { note("close", script_.close); }
    void commit(const engine::BatchContext&) override { note("commit", script_.commit); }
    void release() noexcept override { note("release", {}); }
    [[nodiscard]] std::size_t otherGates() const override { return script_.otherGates; }
    void armed() override
    {
        if (script_.armed) { script_.armed(); }
    }

private:
    static std::uint32_t nextId()
    {
        static std::atomic<std::uint32_t> id{0};
        return id++;
    }

    void note(const char* what, const std::function<void()>& then)
    {
        diary_.push_back(std::string{what} + ' ' + info().name);
        if (then) { then(); }
    }

    Diary& diary_;
    Script script_;
};

} // namespace sluice::test
