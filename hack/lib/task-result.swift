// Swift 6.3.1 miscompiles, with -O, an asynchronous closure that puts a result together while it calls,
// `(a, .success(try await b()))`, and returns it to generic code, as a child of a task group does: what comes out is wrong, or
// memory is corrupted. The same in a function that the closure calls is right. `hack/check` refuses the shape in Sources and
// Tests, and runs this program, which tells whether there is still reason to:
//
//   -D SHAPE   the shape: reads a wrong result, or crashes, as long as the compiler has the fault
//   without    how it is written instead: has to be right
struct Fault: Error {
    var code: Int
    var message: String
    var path: String?
}

indirect enum Value: Sendable {
    case text(String)
    case list([Value])
    case object([String: Value])
}

protocol Source: Sendable {
    func read(_ path: String) async throws(Fault) -> Value?
}

struct Store: Source {
    func read(_ path: String) async throws(Fault) -> Value? {
        await Task.yield()
        if path.hasSuffix("3") { throw Fault(code: 404, message: "no \(path)", path: path) }
        return path.hasSuffix("4") ? nil : .object([path: .text(path)])
    }
}

typealias Outcome = (String, Result<Value?, Fault>)

struct Reader {
    let source: any Source

    func outcome(of path: String) async -> Outcome {
        do throws(Fault) {
            return (path, .success(try await source.read(path)))
        } catch {
            return (path, .failure(error))
        }
    }

    func read(_ paths: [String]) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            for path in paths {
                #if SHAPE
                    group.addTask {
                        do throws(Fault) {
                            return (path, .success(try await source.read(path)))
                        } catch {
                            return (path, .failure(error))
                        }
                    }
                #else
                    group.addTask { await outcome(of: path) }
                #endif
            }
            var outcomes: [Outcome] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }
}

@main struct Main {
    static func main() async {
        let reader = Reader(source: Store())
        for _ in 0..<200 {
            let outcomes = await reader.read((0..<8).map { "p\($0)" })
            precondition(outcomes.count == 8)
            for (path, result) in outcomes {
                switch result {
                case .success(.some(.object(let value))): precondition(value.keys.first == path)
                case .success: precondition(path == "p4")
                case .failure(let fault): precondition(fault.path == path)
                }
            }
        }
    }
}
