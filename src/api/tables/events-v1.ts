export default `
group "events.k8s.io" version v1

resource events event Event namespaced short=ev: *

object Event | A note that something happened to an object.
   1 metadata                 meta.v1.ObjectMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 eventTime                MicroTime!              =null | When it was first seen.
   3 series                   EventSeries | set when the event goes on happening
   4 reportingController      string | who reports, such as kubernetes.io/kubelet
   5 reportingInstance        string | which instance reports, such as a node's name
   6 action                   string | What is done when it matches, or was done.
   7 reason                   string | One word in CamelCase that says why, for programs to read.
   8 regarding                core.v1.ObjectReference ={} | the object the event is about
   9 related                  core.v1.ObjectReference | a second object that has to do with it
  10 note                     string | what happened, for people
  11 type                     string | Which of the known sorts this is.
  12 deprecatedSource         core.v1.EventSource     ={} | who reported, in the older API
  13 deprecatedFirstTimestamp Time                    =null | when it happened first, in the older API
  14 deprecatedLastTimestamp  Time                    =null | when it happened last, in the older API
  15 deprecatedCount          int32 | how often it happened, in the older API

object EventList | A page of Event objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Event!         =[] | The objects of this page.

type EventSeries | How often an event was repeated, and when last.
   1 count            int32!     =0 | How many there are or are wanted.
   2 lastObservedTime MicroTime! =null | when the series was last seen
`
