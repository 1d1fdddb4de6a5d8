package webexsim

import (
	"fmt"
	"slices"
)

// change runs f alone and makes the figures be counted again.
func (o *Organization) change(f func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := f(); err != nil {
		return err
	}
	o.generation++
	return nil
}

// changeLicense runs f on one row.
func (o *Organization) changeLicense(ref string, f func(*license)) error {
	return o.change(func() error {
		l, err := o.license(ref)
		if err == nil {
			before := *l
			o.mostGuests = max(o.mostGuests, l.external)
			f(l)
			o.auditRow(&before, l)
		}
		return err
	})
}

// SetTotal changes the number of units bought of a licence, which is given by key,
// name, id or UUID as in all methods.
func (o *Organization) SetTotal(ref string, total int) error {
	return o.changeLicense(ref, func(l *license) { l.spec.Total, l.spec.TotalIsPeople = total, false })
}

// RenameLicense gives a licence another name; its id and key stay.
func (o *Organization) RenameLicense(ref, name string) error {
	return o.changeLicense(ref, func(l *license) { l.spec.Name = name })
}

// SetLicense changes anything of a row but its identity: for example the form of
// its numbers.
func (o *Organization) SetLicense(ref string, f func(*LicenseSpec)) error {
	return o.changeLicense(ref, func(l *license) {
		kept := l.spec
		f(&l.spec)
		// The id is made of these; a row with another id is another row.
		l.spec.Key, l.spec.OfferCode, l.spec.UUID, l.spec.SiteURL = kept.Key, kept.OfferCode, kept.UUID, kept.SiteURL
	})
}

// SetExternalUsers sets how many users of other organizations hold a licence.
func (o *Organization) SetExternalUsers(ref string, users int) error {
	return o.changeLicense(ref, func(l *license) { l.external = users })
}

// AddLicense adds a row and returns its id.
func (o *Organization) AddLicense(spec LicenseSpec) (id string) {
	_ = o.change(func() error { // cannot fail
		id = o.addLicense(spec).id
		o.auditLicense(len(o.licenses)-1, "added")
		return nil
	})
	return id
}

// DropLicense takes one row out of the list. People who hold it go on holding it.
func (o *Organization) DropLicense(ref string) error {
	return o.changeLicense(ref, func(l *license) { l.removed = true })
}

// RemoveAllLicenses makes the list of licences empty.
func (o *Organization) RemoveAllLicenses() { o.setRemoved(true) }

// RestoreLicenses brings back every row that was taken out of the list.
func (o *Organization) RestoreLicenses() { o.setRemoved(false) }

func (o *Organization) setRemoved(removed bool) {
	_ = o.change(func() error { // cannot fail
		for _, l := range o.licenses {
			before := *l
			l.removed = removed
			o.auditRow(&before, l)
		}
		return nil
	})
}

// changePerson runs f on one person, by hand.
func (o *Organization) changePerson(i int, f func(*Person) error) error {
	return o.changePersonBy(false, i, f)
}

// changePersonBy is changePerson by hand or through the API.
func (o *Organization) changePersonBy(api bool, i int, f func(*Person) error) error {
	return o.change(func() error {
		if !o.exists(i) {
			return fmt.Errorf("organization %s has no person %d", o.name, i)
		}
		var before, p Person
		o.person(i, &before)
		o.person(i, &p)
		if err := f(&p); err != nil {
			return err
		}
		if !p.sameIdentity(&before) {
			o.former = append(o.former, formerPerson{i, before})
		}
		o.edits[i] = p
		if p.Location != before.Location {
			o.auditPerson(i, "moved")
		}
		o.noteHoldings(i, before.Licenses, p.Licenses, api)
		return nil
	})
}

// AssignLicense gives person i a licence.
func (o *Organization) AssignLicense(i int, ref string) error {
	return o.ChangeLicenses(i, []string{ref}, nil)
}

// RemoveLicense takes a licence from person i.
func (o *Organization) RemoveLicense(i int, ref string) error {
	return o.ChangeLicenses(i, nil, []string{ref})
}

// ChangeLicenses gives and takes licences of person i in one step.
func (o *Organization) ChangeLicenses(i int, add, remove []string) error {
	return o.changePerson(i, func(p *Person) error {
		for _, ref := range remove {
			n, err := o.licenseIndex(ref)
			if err != nil {
				return err
			}
			p.Licenses = slices.DeleteFunc(p.Licenses, func(held int) bool { return held == n })
		}
		for _, ref := range add {
			n, err := o.licenseIndex(ref)
			if err != nil {
				return err
			}
			if !slices.Contains(p.Licenses, n) {
				p.Licenses = append(p.Licenses, n)
			}
		}
		return nil
	})
}

func (o *Organization) licenseIndex(ref string) (int, error) {
	l, err := o.license(ref)
	return slices.Index(o.licenses, l), err
}

// MovePerson puts person i at a location (by name, id or UUID); empty means none.
func (o *Organization) MovePerson(i int, ref string) error {
	return o.changePerson(i, func(p *Person) (err error) {
		p.Location = NoLocation
		if ref != "" {
			p.Location, err = o.location(ref)
		}
		return err
	})
}

// SetPerson changes anything of person i.
func (o *Organization) SetPerson(i int, f func(*Person)) error {
	return o.changePerson(i, func(p *Person) error { f(p); return o.checkPerson(p) })
}

// AddPerson adds a person at the end of the list and returns the index.
func (o *Organization) AddPerson(p Person) (int, error) {
	index := NoLocation
	err := o.change(func() error {
		if err := o.checkPerson(&p); err != nil {
			return err
		}
		p.Licenses = slices.Clone(p.Licenses)
		index = o.enroll(p)
		return nil
	})
	return index, err
}

// addPersonByName is AddPerson with references instead of indexes.
func (o *Organization) addPersonByName(p Person, location string, licenses []string) (int, error) {
	index := NoLocation
	err := o.change(func() (err error) {
		p.Location = NoLocation
		if location != "" {
			if p.Location, err = o.location(location); err != nil {
				return err
			}
		}
		for _, ref := range licenses {
			n, err := o.licenseIndex(ref)
			if err != nil {
				return err
			}
			p.Licenses = append(p.Licenses, n)
		}
		index = o.enroll(p)
		return nil
	})
	return index, err
}

// enroll puts a person at the end of the list.
func (o *Organization) enroll(p Person) (index int) {
	o.added = append(o.added, p)
	index = o.base + len(o.added) - 1
	o.auditPerson(index, "created")
	o.noteHoldings(index, nil, p.Licenses, false)
	return index
}

func (o *Organization) checkPerson(p *Person) error {
	if p.Location < NoLocation || p.Location >= len(o.locations) {
		return fmt.Errorf("organization %s has no location %d", o.name, p.Location)
	}
	for _, l := range p.Licenses {
		if l < 0 || l >= len(o.licenses) {
			return fmt.Errorf("organization %s has no licence %d", o.name, l)
		}
	}
	return nil
}

// RemovePerson takes person i out of the list; later people move up one place.
func (o *Organization) RemovePerson(i int) error {
	return o.change(func() error {
		if !o.exists(i) {
			return fmt.Errorf("organization %s has no person %d", o.name, i)
		}
		at, _ := slices.BinarySearch(o.gone, i)
		o.gone = slices.Insert(o.gone, at, i)
		var p Person
		o.person(i, &p)
		o.noteHoldings(i, p.Licenses, nil, false)
		o.auditPerson(i, "deleted")
		return nil
	})
}

// AddLocation adds a location and returns its id.
func (o *Organization) AddLocation(spec LocationSpec) (id string) {
	_ = o.change(func() error { // cannot fail
		id = o.addLocation(spec).id
		o.auditLocation(len(o.locations)-1, "added")
		return nil
	})
	return id
}

// RenameLocation gives a location another name; its id stays.
func (o *Organization) RenameLocation(ref, name string) error {
	return o.change(func() error {
		i, err := o.location(ref)
		if err == nil {
			o.locations[i].spec.Name = name
			o.auditLocation(i, "renamed")
		}
		return err
	})
}

// AddWorkspace adds a workspace and returns its id.
func (o *Organization) AddWorkspace(spec WorkspaceSpec) (id string, err error) {
	err = o.change(func() error {
		if err := o.checkPerson(&Person{Location: spec.Location, Licenses: spec.Licenses}); err != nil {
			return err
		}
		id = o.addWorkspace(spec).id
		return nil
	})
	return id, err
}

// Rename gives the organization another display name.
func (o *Organization) Rename(name string) {
	_ = o.change(func() error { o.name = name; return nil }) // cannot fail
}
