import ArgumentParser
import LanyardCommands

/// The process. What its commands do is in `LanyardCommands`, and what runs in `LanyardOperator`.
@main
enum Executable {
    static func main() async { await Lanyard.main() }
}
