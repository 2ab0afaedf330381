#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"

namespace asterope::command {
namespace {

struct Candidate {
    std::string word, description;
};
using Words = std::vector<std::string>;

bool is_option(const std::string& word) {
    return word.size() > 1 && word[0] == '-';
}

/// Whether `word` is an option of `command` whose value is the next word.
bool takes_value(const CLI::App& command, const std::string& word) {
    const CLI::Option* const option = is_option(word) ? command.get_option_no_throw(word) : nullptr;
    return option != nullptr && option->get_items_expected_max() > 0;
}

/// The subcommand that the words before the last one lead to.
const CLI::App& command_of(const CLI::App& app, const Words& words) {
    const CLI::App* command = &app;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        for (const CLI::App* const known : command->get_subcommands({}))
            if (known->get_name() == words[i]) command = known;
    }
    return *command;
}

std::vector<Candidate> options_of(const CLI::App& command) {
    std::vector<Candidate> found;
    for (const CLI::Option* const option : command.get_options()) {
        for (const auto& name : option->get_lnames())
            found.push_back({"--" + name, option->get_description()});
        for (const auto& name : option->get_snames())
            found.push_back({"-" + name, option->get_description()});
    }
    return found;
}

std::vector<Candidate> subcommands_of(const CLI::App& command) {
    std::vector<Candidate> found;
    for (const CLI::App* const known : command.get_subcommands({}))
        if (!known->get_group().empty()) found.push_back({known->get_name(), known->get_description()});
    return found;
}

/// What the last of `words` may become; empty where it is a file's name or free.
std::vector<Candidate> candidates(const CLI::App& app, const Words& words) {
    const CLI::App& command = command_of(app, words);
    const bool is_value = words.size() > 1 && takes_value(command, words[words.size() - 2]);
    if (is_value) return {};
    return words.back().starts_with('-') ? options_of(command) : subcommands_of(command);
}

}  // namespace

void add_complete_command(CLI::App& app, int&) {
    const auto words = std::make_shared<Words>();
    auto* const command = app.add_subcommand("complete", "Show what the last word may become")->group("");
    command->add_option("WORD", *words)->required();
    command->callback([=, &app] {
        for (const auto& [word, description] : candidates(app, *words))
            if (word.starts_with(words->back())) std::printf("%s\t%s\n", word.c_str(), description.c_str());
    });
}

}  // namespace asterope::command
