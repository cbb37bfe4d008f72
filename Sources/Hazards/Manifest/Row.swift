/// A short list of plain values somewhere in memory that another value owns.
///
/// A granule has two or three, which are changed for each access to watched bytes; an array would be counted and checked
/// each time. Debug builds check every index.
struct Row<Element: BitwiseCopyable>: BitwiseCopyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    /// How many values there are.
    private(set) var count = 0

    /// Takes memory for an empty list; ``release()`` gives it back.
    ///
    /// - Precondition: `capacity` is above zero.
    init(capacity: Int) {
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    /// Gives the memory back.
    func release() { base.deallocate() }

    /// The values, valid until the list changes.
    var all: UnsafeBufferPointer<Element> {
        @inline(__always) get { UnsafeBufferPointer(start: base, count: count) }
    }

    /// The value at a place.
    subscript(place: Int) -> Element {
        @inline(__always) _read {
            assert(place >= 0 && place < count)
            yield base[place]
        }
        @inline(__always) _modify {
            assert(place >= 0 && place < count)
            yield &base[place]
        }
    }

    /// Adds a value behind the others.
    ///
    /// - Complexity: O(1) on average.
    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count &+= 1
    }

    /// Puts a value before the one at a place, or behind the last.
    mutating func insert(_ element: Element, at place: Int) {
        precondition(place >= 0 && place <= count)
        if count == capacity { grow() }
        var index = count
        while index > place {
            base[index] = base[index &- 1]
            index &-= 1
        }
        base[place] = element
        count &+= 1
    }

    /// Takes a value away.
    mutating func remove(at place: Int) {
        precondition(place >= 0 && place < count)
        var index = place &+ 1
        while index < count {
            base[index &- 1] = base[index]
            index &+= 1
        }
        count &-= 1
    }

    /// Takes the first values away.
    mutating func removeFirst(_ number: Int) {
        precondition(number >= 0 && number <= count)
        base.update(from: base + number, count: count &- number)
        count &-= number
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
