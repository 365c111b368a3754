export default `
group "events.k8s.io" version v1

resource events event Event namespaced short=ev: *

object Event | A note that something happened to an object.
   1 metadata                 meta.v1.ObjectMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 eventTime                MicroTime!              =null | When it was first seen.
   3 series                   EventSeries
   4 reportingController      string
   5 reportingInstance        string
   6 action                   string | What is done when it matches, or was done.
   7 reason                   string | One word in CamelCase that says why, for programs to read.
   8 regarding                core.v1.ObjectReference ={}
   9 related                  core.v1.ObjectReference
  10 note                     string
  11 type                     string | Which of the known sorts this is.
  12 deprecatedSource         core.v1.EventSource     ={}
  13 deprecatedFirstTimestamp Time                    =null
  14 deprecatedLastTimestamp  Time                    =null
  15 deprecatedCount          int32

object EventList | A page of Event objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Event!         =[] | The objects of this page.

type EventSeries | How often an event was repeated, and when last.
   1 count            int32!     =0 | How many there are or are wanted.
   2 lastObservedTime MicroTime! =null
`
