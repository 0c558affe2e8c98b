import KubernetesModel
import KubernetesTesting
import Testing

@testable import LanyardCommands

@Suite("Terminal", .timeLimit(.minutes(1)))
struct TerminalTests {
    @Test("what takes longer than two seconds is told each second, and taken away at the end")
    func progress() async {
        let clock = VirtualClock()
        let told = Observed<[String]>([])
        let terminal = Terminal(showsColours: false) { text in told.update { $0.append(text) } }
        let value = await terminal.during("looking", clock: clock) {
            for pause in [2, 1] {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(pause))
            }
            await clock.waitForSleepers()
            return 7
        }
        #expect(value == 7)
        #expect(told.value == ["\rlooking … 2 s", "\rlooking … 3 s", "\r\u{1B}[K"])
    }

    @Test("what is done sooner is not told, nor is anything where nobody looks on")
    func quiet() async {
        let clock = VirtualClock()
        let told = Observed<[String]>([])
        let terminal = Terminal(showsColours: false) { text in told.update { $0.append(text) } }
        let value = await terminal.during("looking", clock: clock) {
            await clock.waitForSleepers()
            clock.advance(by: .milliseconds(1_999))
            return 7
        }
        #expect(value == 7 && told.value.isEmpty)
        let unseen = await Terminal.none.during("looking", clock: clock) { 8 }
        #expect(unseen == 8 && clock.sleeperCount == 0)
    }

    @Test("a colour is a colour on a terminal only")
    func colours() {
        #expect(Terminal.none.coloured("refused", .red) == "refused")
        let terminal = Terminal(showsColours: true, progress: nil)
        #expect(terminal.coloured("refused", .red) == "\u{1B}[31mrefused\u{1B}[0m")
    }
}
