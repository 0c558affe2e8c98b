import ControllerRuntime
import Synchronization

/// Keeps all events.
final class RecordedEvents: EventRecorder {
    private let events = Mutex<[ObjectEvent]>([])

    func record(_ event: ObjectEvent) { events.withLock { $0.append(event) } }

    var all: [ObjectEvent] { events.withLock { $0 } }
}
