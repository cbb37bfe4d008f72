import Quantities

/// A list of plain values for each core, that grows and never shrinks.
///
/// Behind every miss a few of these are searched and changed. Arrays of arrays took several times the instructions
/// for that (checks of uniqueness and bounds), and asked for memory now and then.
struct CoreLists<Element: BitwiseCopyable>: ~Copyable {
    private struct List: BitwiseCopyable {
        var storage: UnsafeMutablePointer<Element>
        var count = 0
        var room: Int
    }

    private let lists: OwnedBuffer<List>

    /// Makes empty lists.
    init(cores: Int) {
        let room = 16
        lists = OwnedBuffer(
            repeating: List(storage: .allocate(capacity: room), room: room), count: cores)
        for core in 1..<max(cores, 1) { lists[core].storage = .allocate(capacity: room) }
    }

    deinit {
        for core in 0..<lists.count { lists[core].storage.deallocate() }
    }

    /// How many values a core's list has.
    @inline(__always)
    func count(_ core: Int) -> Int { lists[core].count }

    /// A core's list, to be read and written in place.
    ///
    /// Valid until something is added to it.
    @inline(__always)
    func list(_ core: Int) -> UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: lists[core].storage, count: lists[core].count)
    }

    /// Adds a value at the end.
    @inline(__always)
    func append(_ value: Element, _ core: Int) {
        let list = lists.base + core
        if list.pointee.count == list.pointee.room { grow(core) }
        (list.pointee.storage + list.pointee.count).initialize(to: value)
        list.pointee.count &+= 1
    }

    /// Keeps the values for which `isKept` holds, in their order.
    @inline(__always)
    func keep(_ core: Int, _ isKept: (Element) -> Bool) {
        let values = list(core)
        var kept = 0
        for index in 0..<values.count {
            let value = values[index]
            values[kept] = value
            if isKept(value) { kept &+= 1 }
        }
        (lists.base + core).pointee.count = kept
    }

    /// Takes the value at `index` out.
    @inline(__always)
    func remove(at index: Int, _ core: Int) -> Element {
        let values = list(core)
        let value = values[index]
        for place in index..<values.count - 1 { values[place] = values[place + 1] }
        (lists.base + core).pointee.count = values.count - 1
        return value
    }

    /// Empties a core's list.
    @inline(__always)
    func removeAll(_ core: Int) { (lists.base + core).pointee.count = 0 }

    @inline(never)
    private func grow(_ core: Int) {
        let old = lists[core]
        let storage = UnsafeMutablePointer<Element>.allocate(capacity: 2 * old.room)
        storage.initialize(from: old.storage, count: old.count)
        old.storage.deallocate()
        lists[core] = List(storage: storage, count: old.count, room: 2 * old.room)
    }
}
