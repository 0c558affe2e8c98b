import KubernetesModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is for people alone: colours and progress. Where programs read there is neither.
struct Terminal: Sendable {
    /// Whether standard output shows colours.
    let showsColours: Bool
    /// Gets what is written over itself while somebody waits; nil where nobody sees it.
    let progress: (@Sendable (String) -> Void)?

    /// Where nobody looks on.
    static let none = Terminal(showsColours: false, progress: nil)

    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// That of this process. NO_COLOR takes colours away, TERM=dumb everything.
    static func system(_ environment: Environment) -> Terminal {
        let isDumb = environment.variable("TERM") == "dumb"
        let isPlain = environment.variable("NO_COLOR")?.isEmpty == false
        var progress: (@Sendable (String) -> Void)?
        if isatty(STDERR_FILENO) == 1, !isDumb { progress = { Terminal.put($0) } }
        return Terminal(
            showsColours: isatty(STDOUT_FILENO) == 1 && !isDumb && !isPlain, progress: progress)
    }

    /// The text, which must be fit for a terminal, in a colour where there are colours.
    func coloured(_ text: String, _ colour: Colour) -> String {
        showsColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Does the work, and tells what it is as soon as somebody could wonder.
    func during<Value: Sendable>(
        _ what: String, clock: any RuntimeClock, _ work: () async -> Value
    ) async -> Value {
        guard let progress else { return await work() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await Self.tell(what, clock: clock, progress) }
            let value = await work()
            group.cancelAll()
            return value
        }
    }

    private static func tell(_ what: String, clock: any RuntimeClock, _ progress: @Sendable (String) -> Void) async {
        let began = clock.now
        var pause: Duration = .seconds(2)
        // The end of the work cancels it.
        while (try? await clock.sleep(for: pause)) != nil {
            progress("\r\(what) … \((clock.now - began).components.seconds) s")
            pause = .seconds(1)
        }
        if pause == .seconds(1) { progress("\r\u{1B}[K") }
    }

    /// Writes a line to standard error, where it is not in the way of programs.
    static func note(_ line: String) { put("\(line)\n") }

    private static func put(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = write(STDERR_FILENO, start, bytes.count)
        }
    }
}
